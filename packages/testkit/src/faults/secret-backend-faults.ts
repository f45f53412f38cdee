import {
  type ExpectedRevision,
  KeelsonError,
  Secret,
  type SecretBackend,
  type SecretRecord,
} from "@keelson/core";
import { nextTurn } from "../conformance/next-turn.ts";
import { patch } from "../tools/patch.ts";
import { writerAbortFaults } from "./abort-faults.ts";
import { createFault, type Fault } from "./fault.ts";

const fault = (
  id: string,
  title: string,
  replace: (backend: SecretBackend) => Partial<SecretBackend>,
): Fault<SecretBackend> =>
  createFault<SecretBackend>(`secret-backend/${id}`, title, {
    wrap: (backend) => patch(backend, replace(backend)),
  });

/** A fault that takes some names for others. */
const nameFault = (id: string, title: string, change: (name: string) => string): Fault<SecretBackend> =>
  fault(id, title, (backend) => ({
    read: (name, options) => backend.read(change(name), options),
    write: (name, payload, options) => backend.write(change(name), payload, options),
    delete: (name, options) => backend.delete(change(name), options),
  }));

/** A fault that stores other payloads than it was given. */
const payloadFault = (id: string, title: string, change: (value: string) => string): Fault<SecretBackend> =>
  fault(id, title, (backend) => ({
    write: async (name, payload, options) =>
      backend.write(
        name,
        payload instanceof Secret ? new Secret(change(payload.expose()), payload) : payload,
        options,
      ),
  }));

const recordFaults: readonly Fault<SecretBackend>[] = [
  fault("claims-another-version", "does not say for which version of the interface it was written", () => ({
    specVersion: undefined as unknown as 1,
  })),
  payloadFault("empty-is-none", "stores a blank for an empty payload", (value) => value || " "),
  payloadFault("trims-payloads", "trims payloads", (value) => value.trim()),
  payloadFault("stores-ascii", "stores payloads as ASCII", (value) =>
    Buffer.from(value, "latin1").toString("latin1"),
  ),
  nameFault("folds-names", "takes names that differ in letter case or normal form for one", (name) =>
    name.normalize().toLowerCase(),
  ),
  nameFault("cuts-long-names", "cuts names off behind 128 code units", (name) => name.slice(0, 128)),
  fault("read-lags", "reads from a cache that lags behind the writes", (backend) => {
    const cache = new Map<string, SecretRecord>();
    return {
      read: async (name, options) => {
        const record = await backend.read(name, options);
        const cached = cache.get(name);
        if (record) cache.set(name, record);
        return record && cached && record.revision - cached.revision === 1 ? cached : record;
      },
    };
  }),
  fault("reads-in-parts", "reads payload and revision one after the other", (backend) => ({
    read: async (name, options) => {
      const first = await backend.read(name, options);
      await nextTurn();
      const second = await backend.read(name, options);
      if (!first || !second) return second;
      const half = Math.floor(first.payload.expose().length / 2);
      const torn = first.payload.expose().slice(0, half) + second.payload.expose().slice(half);
      return { ...second, payload: new Secret(torn, second.payload) };
    },
  })),
  fault("reads-deleted", "goes on reading a record that was deleted", (backend) => {
    const last = new Map<string, SecretRecord>();
    return {
      delete: async (name, options) => {
        const record = await backend.read(name, options);
        if (record) last.set(name, record);
        await backend.delete(name, options);
      },
      read: async (name, options) => (await backend.read(name, options)) ?? last.get(name),
    };
  }),
  fault("ignores-expectations", "writes whatever is expected", (backend) => ({
    write: async (name, payload, options) => {
      const expect = (await backend.read(name))?.revision ?? "absent";
      return backend.write(name, payload, { ...options, expect });
    },
  })),
  fault("ignores-absence", "writes a new record though a revision is expected of it", (backend) => ({
    write: async (name, payload, options) =>
      backend.write(name, payload, (await backend.read(name)) ? options : { ...options, expect: "absent" }),
  })),
  fault("reads-then-writes", "looks at the expectation some turns before it writes", (backend) => ({
    write: async (name, payload, options) => {
      const actual: ExpectedRevision = (await backend.read(name, options))?.revision ?? "absent";
      if (actual !== options.expect) return backend.write(name, payload, options);
      await nextTurn();
      const expect = (await backend.read(name))?.revision ?? "absent";
      return backend.write(name, payload, { ...options, expect });
    },
  })),
  fault(
    "revisions-per-name",
    "counts revisions for each name, from 1 again after it was deleted",
    (backend) => {
      const counts = new Map<string, { count: number; real: number }>();
      return {
        read: async (name, options) => {
          const record = await backend.read(name, options);
          return record && { ...record, revision: counts.get(name)?.count ?? record.revision };
        },
        write: async (name, payload, options) => {
          const known = counts.get(name);
          const expect = known && options.expect === known.count ? known.real : options.expect;
          const { revision } = await backend.write(name, payload, { ...options, expect });
          counts.set(name, { count: (known?.count ?? 0) + 1, real: revision });
          return { revision: (known?.count ?? 0) + 1 };
        },
        delete: async (name, options) => {
          await backend.delete(name, options);
          counts.delete(name);
        },
      };
    },
  ),
  fault("list-orders-by-code-points", "orders names as UTF-8 does", (backend) => ({
    list: async (options) =>
      [...(await backend.list(options))].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b))),
  })),
  fault("lists-one-page", "lists a thousand names at the most", (backend) => ({
    list: async (options) => (await backend.list(options)).slice(0, 1000),
  })),
  fault("listing-nothing-rejects", "rejects where there is nothing to list", (backend) => ({
    list: async (options) => {
      const names = await backend.list(options);
      if (names.length === 0) throw new Error("nothing is there");
      return names;
    },
  })),
  fault("lists-every-write", "lists a name once for every write of it", (backend) => {
    const writes: string[] = [];
    return {
      write: async (name, payload, options) => {
        const answer = await backend.write(name, payload, options);
        if (options.expect !== "absent") writes.push(name);
        return answer;
      },
      list: async (options) => {
        const names = await backend.list(options);
        return [...names, ...writes.filter((name) => names.includes(name))].sort();
      },
    };
  }),
  fault("list-stops-at-a-gap", "ends its listing where a name was deleted meanwhile", (backend) => ({
    list: async (options) => {
      const names = await backend.list(options);
      await nextTurn();
      const still = await backend.list(options);
      const gap = names.findIndex((name) => !still.includes(name));
      return gap === -1 ? names : names.slice(0, gap);
    },
  })),
  fault("deletes-by-prefix", "deletes every name that starts with the one to be deleted", (backend) => ({
    delete: async (name, options) => {
      await backend.delete(name, options);
      for (const other of await backend.list()) if (other.startsWith(name)) await backend.delete(other);
    },
  })),
  fault("deleting-nothing-rejects", "rejects when a record to be deleted is not there", (backend) => ({
    delete: async (name, options) => {
      if (!(await backend.read(name, options)))
        throw new KeelsonError("SECRET_NOT_FOUND", "no such secret", { details: { name } });
      await backend.delete(name, options);
    },
  })),
  fault(
    "deleting-rewrites",
    "deletes by writing back what it listed, without what came in between",
    (backend) => ({
      delete: async (name, options) => {
        const before = new Set(await backend.list());
        await backend.delete(name, options);
        await nextTurn();
        for (const other of await backend.list()) if (!before.has(other)) await backend.delete(other);
      },
    }),
  ),
  fault("mends-names", "writes a malformed name under another", (backend) => ({
    write: (name, payload, options) =>
      backend.write(
        name !== "" && name.length <= 256 && name.isWellFormed() ? name : "mended",
        payload,
        options,
      ),
  })),
];

const leakFaults: readonly Fault<SecretBackend>[] = [
  fault("gives-plain-payloads", "gives the payload as an object that shows it", (backend) => ({
    read: async (name, options) => {
      const record = await backend.read(name, options);
      if (!record) return undefined;
      const value = record.payload.expose();
      return { ...record, payload: { ...record.payload, value, expose: () => value } as unknown as Secret };
    },
  })),
  fault("answers-with-the-payload", "answers a write with the payload", (backend) => ({
    write: async (name, payload, options) => ({
      ...(await backend.write(name, payload, options)),
      value: payload.expose(),
    }),
  })),
  fault("holds-payloads-open", "holds payloads where printing the backend shows them", (backend) => {
    const cache = new Map<string, string>();
    return {
      cache,
      write: async (name, payload, options) => {
        const answer = await backend.write(name, payload, options);
        cache.set(name, payload.expose());
        return answer;
      },
    } as Partial<SecretBackend>;
  }),
  fault("quotes-payloads", "quotes the payload in the cause of an error", (backend) => ({
    write: async (name, payload, options) => {
      try {
        return await backend.write(name, payload, options);
      } catch (error) {
        if (!(error instanceof Error) || !(payload instanceof Secret)) throw error;
        throw Object.assign(error, { cause: new Error(`could not write ${payload.expose()}`) });
      }
    },
  })),
  fault("lists-payloads", "lists names together with their payloads", (backend) => ({
    list: async (options) => {
      const names = await backend.list(options);
      const payloads = await Promise.all(
        names.map(async (name) => (await backend.read(name))?.payload.expose()),
      );
      return Object.defineProperty(names, "payloads", { value: payloads });
    },
  })),
  fault("prints-payloads", "prints payloads to the console", (backend) => ({
    write: async (name, payload, options) => {
      if (payload instanceof Secret && payload.expose().startsWith("planted"))
        console.debug(`write ${payload.expose()}`);
      return backend.write(name, payload, options);
    },
  })),
];

/** Secret backends that are wrong. */
export const secretBackendFaults: readonly Fault<SecretBackend>[] = [
  ...recordFaults,
  ...leakFaults,
  fault("tears-an-aborted-write", "leaves another payload when a write is aborted in flight", (backend) => ({
    write: async (name, payload, options) => {
      try {
        return await backend.write(name, payload, options);
      } catch (error) {
        if (error === options.signal?.reason)
          await backend.write(name, new Secret("torn", payload), { expect: options.expect });
        throw error;
      }
    },
  })),
  createFault<SecretBackend>("secret-backend/loses-a-record", "has lost a record when it is reopened", {
    async reopened(backend) {
      const [first] = await backend.list();
      if (first !== undefined) await backend.delete(first);
      return undefined;
    },
  }),
  createFault<SecretBackend>(
    "secret-backend/revisions-start-anew",
    "counts revisions from what it finds when it is reopened",
    {
      async reopened(backend) {
        const records = await Promise.all((await backend.list()).map((name) => backend.read(name)));
        let newest = Math.max(0, ...records.map((record) => record?.revision ?? 0));
        return patch(backend, {
          write: async (name, payload, options) => {
            await backend.write(name, payload, options);
            return { revision: ++newest };
          },
        });
      },
    },
  ),
  ...writerAbortFaults<SecretBackend>("secret-backend"),
];
