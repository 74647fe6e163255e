import { openCpu } from "@mien/cpu";
import { readFileSync } from "node:fs";
import { Worker } from "node:worker_threads";
const wasm = readFileSync("/tmp/bench/peak.wasm");
const mod = await WebAssembly.compile(wasm);
const inst = await WebAssembly.instantiate(mod, {});
function peakOne(): number { const f = inst.exports.peak8 as (n:number)=>number; f(1e6); let best=1e9; for(let r=0;r<5;r++){const t=performance.now(); f(4e6); best=Math.min(best,performance.now()-t);} return 4e6*12*8/best/1e6; }
async function peakTwo(): Promise<number> {
  const src = `const {parentPort,workerData}=require('worker_threads'); const i=new WebAssembly.Instance(workerData,{}); const f=i.exports.peak8; f(1e6); parentPort.on('message',()=>{f(4e6);parentPort.postMessage(1)}); parentPort.postMessage(0)`;
  const ws=[0,1].map(()=>new Worker(src,{eval:true,workerData:mod,execArgv:[]})); await Promise.all(ws.map(w=>new Promise(r=>w.once('message',r))));
  let best=1e9; for(let r=0;r<6;r++){const t=performance.now(); const p=Promise.all(ws.map(w=>new Promise(r=>w.once('message',r)))); ws.forEach(w=>w.postMessage(1)); await p; best=Math.min(best,performance.now()-t);} ws.forEach(w=>w.terminate()); return 2*4e6*12*8/best/1e6; }
console.log("peak mul+add GFLOP/s 1 thread", peakOne().toFixed(1), " 2 threads", (await peakTwo()).toFixed(1));
const N=Number(process.env.NB ?? 64);
const list = process.argv[2]?.split(",");
const threadsList = (process.argv[3]??"1,2").split(",").map(Number);
const rows: Record<string, number[]> = {}; const unit: Record<string,string>={};
for (const threads of threadsList) {
  const d = await openCpu({ threads });
  await new Promise(r=>setTimeout(r,150));
  const buf=(n:number, dtype:"float32"|"int32"|"uint8"="float32", fill?:number)=>{ const b=d.alloc(n*(dtype==="uint8"?1:4)); const a = dtype==="float32"? Float32Array.from({length:n},()=>fill??Math.random()-0.5): dtype==="int32"? Int32Array.from({length:n},(_,i)=>fill??i%4): Uint8Array.from({length:n},(_,i)=>(i*7919)%256); d.write(b,0,a); return {buffer:b,offset:0,dtype} as const; };
  const time=(name:string, work:number, u:string, f:()=>void)=>{ if(list && !list.some(l=>name.startsWith(l))) return; for(let i=0;i<3;i++) f(); let best=1e9; const end=performance.now()+400; let reps=0; while(performance.now()<end||reps<5){ const t=performance.now(); f(); best=Math.min(best,performance.now()-t); reps++;} (rows[name]??=[]).push(best); unit[name]=`${work} ${u}`; };
  const conv=(name:string,n:number,ci:number,co:number,h:number,k=3,s=1)=>{ const p=(k-1)>>1; const ho=Math.floor((h+2*p-k)/s)+1; const P={n,cIn:ci,hIn:h,wIn:h,cOut:co,hOut:ho,wOut:ho,kH:k,kW:k,strideH:s,strideW:s,padTop:p,padLeft:p,dilationH:1,dilationW:1,groups:1};
    const x=buf(n*ci*h*h), w=buf(co*ci*k*k), b=buf(co), o=buf(n*co*ho*ho); const fl=2*n*co*ho*ho*ci*k*k/1e6;
    time(name+" fwd",fl,"F",()=>d.launch("conv2d",[x,w,b,o],{...P,activation:"leakyRelu",negativeSlope:0.01}));
    time(name+" igrad",fl,"F",()=>d.launch("conv2dInputGrad",[o,w,x],P));
    time(name+" wgrad",fl,"F",()=>d.launch("conv2dWeightGrad",[o,x,w],P));
    for (const t of [x,w,b,o]) d.free(t.buffer); };
  conv("conv1",N,3,16,48); conv("conv2",N,16,32,48); conv("c64",N,64,64,24); conv("c128",N,128,128,12); conv("c128s2",N,64,128,24,3,2); conv("c1x1",N,64,128,24,1);
  const mm=(name:string,m:number,n:number,k:number,tA:boolean,tB:boolean)=>{ const a=buf(m*k),b=buf(k*n),bias=buf(n),o=buf(m*n); time(name,2*m*n*k/1e6,"F",()=>d.launch("matmul",[a,b,bias,o],{batch:1,m,n,k,aBatchStride:0,bBatchStride:0,transposeA:tA,transposeB:tB,activation:"none",negativeSlope:0})); for (const t of [a,b,bias,o]) d.free(t.buffer); };
  mm("dense fwd",64,32,18432,false,true); mm("dense igrad",64,18432,32,false,false); mm("dense wgrad",32,18432,64,true,false); mm("mm512",512,512,512,false,false); mm("mm1024",1024,1024,1024,false,false); mm("logits",64,4,32,false,true);
  { const x=buf(N*32*48*48),o=buf(N*32*24*24),i=buf(N*32*24*24,"int32"); const P={planes:N*32,hIn:48,wIn:48,hOut:24,wOut:24,kH:2,kW:2,strideH:2,strideW:2,padTop:0,padLeft:0,dilationH:1,dilationW:1};
    time("pool fwd",(N*32*48*48*4*1.5)/1e6,"B",()=>d.launch("maxPool2d",[x,o,i],P)); time("pool grad",(N*32*48*48*4*1.5)/1e6,"B",()=>d.launch("maxPool2dGrad",[o,i,x],P));
    const y=buf(N*32*48*48); time("leakyGrad",N*32*48*48*12/1e6,"B",()=>d.launch("binary",[x,y,y],{op:"leakyReluGrad",shape:[N,32,48,48],aStrides:[73728,2304,48,1],bStrides:[73728,2304,48,1],alpha:0.01}));
    time("biasGrad",N*32*48*48*4/1e6,"B",()=>d.launch("reduce",[x,o],{op:"sum",shape:[32,N,2304],xStrides:[2304,73728,1],kept:1}));
    time("exp",N*32*48*48*8/1e6,"B",()=>d.launch("unary",[x,y],{op:"exp",shape:[N*32*48*48],xStrides:[1],alpha:0,beta:0}));
    time("affine",N*32*48*48*8/1e6,"B",()=>d.launch("unary",[x,y],{op:"affine",shape:[N*32*48*48],xStrides:[1],alpha:2,beta:1}));
    time("transpose",N*32*48*48*8/1e6,"B",()=>d.launch("copy",[x,y],{shape:[48*48,N*32],xStrides:[1,2304],outStrides:[N*32,1]}));
    time("biasAdd",N*32*48*48*8/1e6,"B",()=>d.launch("binary",[x,o,y],{op:"add",shape:[N,32,48,48],aStrides:[73728,2304,48,1],bStrides:[0,1,0,0],alpha:0}));
    for (const t of [x,o,i,y]) d.free(t.buffer); }
  { const c=595000; const p=buf(c),g=buf(c),m=buf(c,"float32",0),v=buf(c,"float32",0); time("adam",c*28/1e6,"B",()=>d.launch("adam",[p,g,m,v],{count:c,lr:1e-3,beta1:.9,beta2:.999,eps:1e-8,weightDecay:0,decoupled:false,stepSize:1e-3,sqrtBiasCorrection2:1})); }
  for (const ch of [1,3] as const) { const im=buf(1000*ch*48*48,"uint8"), ix=buf(N,"int32"), o=buf(N*3*48*48); const tb=d.alloc(N*40); const ta=new Float32Array(N*10); for(let i=0;i<N;i++) ta.set([Math.cos(.2),-Math.sin(.2),.5,Math.sin(.2),Math.cos(.2),-.5,1.1,.9,1.05,ch===3?0.02:0],i*10); d.write(tb,0,ta);
    time("augment"+ch,N,"I",()=>d.launch("augment",[im,ix,{buffer:tb,offset:0,dtype:"float32"},o],{batch:N,channels:ch,hIn:48,wIn:48,hOut:48,wOut:48,mean:[.5,.5,.5],std:[.25,.25,.25]})); }
  { const x=buf(64*4),y=buf(64*4),t=buf(64,"int32"),o=buf(128),s=buf(64); time("ce",64,"I",()=>d.launch("crossEntropy",[x,t,null,o],{outer:64,classes:4,inner:1,ignoreIndex:-100,labelSmoothing:0})); time("tiny add",1,"I",()=>d.launch("binary",[x,y,o],{op:"add",shape:[64],aStrides:[1],bStrides:[1],alpha:0})); 
    const big=buf(262144),big2=buf(262144); time("add256k",262144*8/1e6,"B",()=>d.launch("unary",[big,big2],{op:"affine",shape:[262144],xStrides:[1],alpha:1,beta:0})); }
  { const x=buf(4096*1000),y=buf(4096*1000); time("softmax1000",4096*1000*8/1e6,"B",()=>d.launch("softmax",[x,y],{outer:4096,size:1000,inner:1,log:false})); d.free(x.buffer); d.free(y.buffer);}
  d.dispose();
}
var buf0: any;
for (const [n,t] of Object.entries(rows)) { const [w,u]=unit[n]!.split(" "); const W=Number(w); console.log(n.padEnd(14), t.map(x=>x.toFixed(3).padStart(9)+" ms "+(u==="F"?(W/x).toFixed(1)+" GF/s":u==="B"?(W/x).toFixed(1)+" GB/s":(x/W*1000).toFixed(2)+" us/item").padStart(14)).join("  ")); }
