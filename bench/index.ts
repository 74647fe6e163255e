/**
 * The bench as a program: its command line, or, started by one of its own suites, a training that is timed from
 * outside.
 *
 * All of it starts here, so that it also runs as one file, bundled for a machine without a package manager. Imports
 * wait until it is known what is wanted: a training that is timed must not load the rest.
 */

switch (process.argv[2]) {
  case "first-step":
    await import("./first-step.ts");
    break;
  case "whole-training":
    await import("./whole-training.ts");
    break;
  default:
    await import("./command.ts");
}
