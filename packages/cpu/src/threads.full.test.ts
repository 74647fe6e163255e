/**
 * Many workers that die at random moments: the host is told each time, and never hangs.
 */

import { test } from "vitest";
import { expectDeathsTold, faults } from "./threads-for-tests.ts";

test.each(faults)("50 workers that die by %s", (fault) => expectDeathsTold(fault, 50));
