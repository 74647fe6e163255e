export { epoch } from "./epoch.ts";
export { inference } from "./inference.ts";
export { kernels } from "./kernels.ts";
export { peak } from "./peak.ts";
export { residualNets } from "./residual-nets.ts";
export { startUp } from "./start-up.ts";
export { trainStep } from "./train-step.ts";
