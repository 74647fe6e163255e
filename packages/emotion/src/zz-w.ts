import { parentPort, workerData } from "node:worker_threads";
import { ArgumentError } from "@mien/tensor";
const n: number = workerData as number;
parentPort!.postMessage([n, ArgumentError.name]);
