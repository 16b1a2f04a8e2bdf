// Searching the policy: by address, group, or what a rule names.
import { expect, test } from "vitest";
import { clientOf, matchesClient } from "../src/policy_search";

const groups = new Map([
  [
    "sg-web",
    {
      gid: "sg-web",
      where: "",
      rules: [
        {
          where: "",
          annotation: "",
          ports: "443",
          members: [{ proto: "tls", member: "api.github.com", outcome: "accepted", reason: "" }],
        },
      ],
    },
  ],
]);
const client = { client: "10.0.1.10", where: "", groups: ["sg-web", "sg-gone"], see_thru: null };

test.each([
  ["", true],
  ["10.0.1.1", true],
  ["SG-Web", true],
  ["sg-gone", true],
  ["GitHub", true],
  ["gitlab", false],
])("%j: %s", (text, want) => expect(matchesClient(client, groups, text)).toBe(want));

test("an address is a client by itself, or by the longest block", () => {
  const of = (change: object) => ({ where: "", groups: [], see_thru: null, ...change });
  const wide = of({ subnet: "10.0.0.0/8" });
  const narrow = of({ subnet: "10.0.2.0/28" });
  const own = of({ client: "10.0.2.7" });
  expect(clientOf([wide, narrow, own], "10.0.2.7")).toBe(own);
  expect(clientOf([wide, narrow, own], "10.0.2.15")).toBe(narrow);
  expect(clientOf([narrow, wide, own], "10.0.2.16")).toBe(wide);
  expect(clientOf([wide, narrow], "192.0.2.1")).toBeUndefined();
  expect(clientOf([of({ subnet: "0.0.0.0/0" })], "255.255.255.255")).toBeDefined();
  expect(clientOf([wide], "10.0.2.0/28")).toBeUndefined();
});
