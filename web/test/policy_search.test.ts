// Searching the policy: by address, group, or what a rule names.
import { expect, test } from "vitest";
import { matchesClient } from "../src/policy_search";

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
