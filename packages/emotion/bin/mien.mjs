#!/usr/bin/env node
// The program `mien`. The packages are TypeScript sources, which tsx teaches Node to load.
import { register } from "tsx/esm/api";

register();
await import("../src/node/main.ts");
