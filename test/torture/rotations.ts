import { Secret } from "@keelson/core";
import { assert, newest, type Scenario } from "./scenario.ts";

const NAMES = ["a", "b", "c"];

/** Secrets are written while the master key is rotated all the time. */
export const rotations: Scenario = {
  options: { segmentBytes: 8192 },
  run: async ({ secrets, rotateMasterKey }, round, tell) => {
    const writers = NAMES.map(async (name) => {
      let expect = (await secrets.read(name))?.revision ?? ("absent" as const);
      for (let n = 1000 * round; ; n++) {
        tell(`begun-${name} ${n}`);
        ({ revision: expect } = await secrets.write(name, new Secret(`value ${n}`, { name, version: 1 }), {
          expect,
        }));
        tell(`done-${name} ${n}`);
      }
    });
    const rotator = async (): Promise<void> => {
      while (true) await rotateMasterKey();
    };
    await Promise.all([...writers, rotator()]);
  },
  check: async ({ secrets }, _, told) => {
    for (const name of NAMES) {
      const [done, begun] = [newest(told, `done-${name}`), newest(told, `begun-${name}`)];
      const value = (await secrets.read(name))?.payload.expose();
      const n = value === undefined ? -1 : Number(value.slice("value ".length));
      assert(done <= n && n <= begun, `the secret ${name} is at ${n}, of ${done} to ${begun}`);
    }
  },
};
