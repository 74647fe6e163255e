import { openCpu } from "@mien/cpu";
import { Adam, crossEntropy, scope, tensor, Generator } from "mien";
import { EmotionCNN } from "./packages/emotion/src/model.ts";
const threads = Number(process.argv[2] ?? 1), N = Number(process.argv[3] ?? 64), prof = process.argv[4] === "p";
const device = await openCpu({ threads });
const times = new Map<string, { n: number; t: number }>(); let on = false;
if (prof) { const l = device.launch.bind(device); (device as any).launch = (k: any, o: any, p: any) => { const t = performance.now(); l(k, o, p); if (on) { const key = k + (p.op ? ":" + p.op : "") + (p.cIn ? " " + p.cIn + "-" + p.cOut : "") + (p.m ? ` ${p.m}x${p.n}x${p.k}` : "")+(p.shape?" ["+p.shape+"]":""); const e = times.get(key) ?? { n: 0, t: 0 }; e.n++; e.t = Math.min(e.t || 1e9, performance.now() - t); times.set(key, e); } }; }
const model = new EmotionCNN({ device }); const opt = new Adam(model.parameters(), { lr: 1e-3 });
const x = tensor(Float32Array.from({ length: N * 3 * 48 * 48 }, () => Math.random()) as any, { device, shape: [N, 3, 48, 48] } as any).reshape([N,3,48,48] as any);
const y = tensor(Int32Array.from({ length: N }, (_, i) => i % 4) as any, { device, dtype: "int32" } as any);
x.keep?.(); y.keep?.();
let loss0 = 0;
const step = () => scope(() => { opt.zeroGrad(); const loss = crossEntropy(model.forward(x), y); loss.backward(); opt.step(); });
for (let i = 0; i < 5; i++) { step(); await device.sync(); }
const cpu0 = process.cpuUsage(); on = true; let best = 1e9; const all: number[] = []; const end = performance.now() + 12000; let launches = device.stats().launches, n = 0;
while (performance.now() < end || n < 5) { const t = performance.now(); step(); const d = performance.now() - t; all.push(d); best = Math.min(best, d); n++; await device.sync(); }
const cpu1 = process.cpuUsage(cpu0); console.log("cpu ms/step", ((cpu1.user + cpu1.system) / 1000 / n).toFixed(1), "of it system", (cpu1.system/1000/n).toFixed(1)); all.sort((a, b) => a - b);
console.log(device.description, "step best", best.toFixed(1), "median", all[all.length >> 1]!.toFixed(1), "launches/step", (device.stats().launches - launches) / n, "img/s", (N / best * 1000).toFixed(0), JSON.stringify(device.stats()));
if (prof) for (const [k, e] of [...times].sort((a, b) => b[1].t - a[1].t)) console.log(k.padEnd(60), e.t.toFixed(3), "ms/step", e.n / n);
