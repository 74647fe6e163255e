import { expect, test } from "vitest";
import { formatTable, printable } from "./text-table.ts";

test("formatTable lines up words to the left and numbers to the right", () => {
  const table = formatTable(
    ["name", "count", "share"],
    [
      ["a", 12345, "12.5"],
      ["longer name", null, "1.0"],
      ["", 0.126, ""],
    ],
    ["share"],
  );
  expect(table.split("\n")).toEqual([
    "name          count  share",
    "-----------  ------  -----",
    "a            12,345   12.5",
    "longer name            1.0",
    "               0.13",
  ]);
});

test("a table without rows is a header", () => {
  expect(formatTable(["a", "b"], [])).toBe("a  b\n-  -");
});

test("printable keeps a file's name from steering the terminal", () => {
  expect(printable("a\u001b[2Jb\nc é 💡")).toBe("a?[2Jb?c é 💡");
  expect(formatTable(["file"], [["\u0007.jpg"]])).toContain("?.jpg");
});
