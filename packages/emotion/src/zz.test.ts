import {test} from "vitest"; test("x", async()=>{ await import("./zz-main.ts") });
