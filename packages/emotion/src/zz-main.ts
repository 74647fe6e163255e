import { Worker } from "node:worker_threads";
const t = performance.now();
const url = new URL("./zz-w.ts", import.meta.url).href;
console.log("features", (process.features as unknown as {typescript: unknown}).typescript, process.execArgv);
for (const [name, src] of [["plain", `import(${JSON.stringify(url)})`], ["tsx", `const {register}=await import(${JSON.stringify(import.meta.resolve("tsx/esm/api"))}); register(); await import(${JSON.stringify(url)})`]] as const) {
  const t = performance.now();
  await new Promise<void>((done) => {
    const w = new Worker(new URL(`data:text/javascript,${encodeURIComponent(src)}`), { workerData: 7 });
    w.on("message", (m) => console.log(name, "message", m, performance.now() - t));
    w.on("error", (e) => console.log(name, "error", String(e).slice(0, 300)));
    w.on("exit", (c) => { console.log(name, "exit", c); done(); });
  });
}
