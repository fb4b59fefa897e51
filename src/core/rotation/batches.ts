import { randomUUID } from "node:crypto";
import * as z from "zod/mini";
import type { TextStore } from "../files.ts";
import { jsonOrNothing } from "../json.ts";
import type { Concern } from "./inspect.ts";

const concernKinds = ["storage", "s3", "elsewhere"] as const satisfies readonly Concern["kind"][];

const batchJson = z.object({
  id: z.string(),
  platformOrigin: z.string(),
  s3Origin: z.string(),
  users: z.array(
    z.object({
      id: z.string(),
      name: z.string(),
      confirmed: z.array(z.enum(concernKinds)),
      /** The attempt that was begun, written before it. */
      attempt: z.optional(z.string()),
      /** What became of it, in words for people. */
      result: z.optional(z.object({ isRotated: z.boolean(), text: z.string() })),
    }),
  ),
});

/** Several users whose keys are rotated one after the other, as it is on disk: so that another process can go on with it. */
export type Batch = z.infer<typeof batchJson>;
export type BatchUser = Batch["users"][number];

/** The batches of one platform and one S3 endpoint that have not come to their end. */
export class Batches {
  readonly #store: TextStore;
  readonly #origins: Pick<Batch, "platformOrigin" | "s3Origin">;

  constructor(store: TextStore, platformOrigin: string, s3Origin: string) {
    this.#store = store;
    this.#origins = { platformOrigin, s3Origin };
  }

  create(users: readonly Pick<BatchUser, "id" | "name" | "confirmed">[]): Batch {
    return { id: randomUUID(), ...this.#origins, users: [...users] };
  }

  async all(): Promise<readonly Batch[]> {
    const texts = await Promise.all((await this.#store.names()).map((name) => this.#store.read(name)));
    return texts
      .map((text) => batchJson.safeParse(jsonOrNothing(text)).data)
      .filter((batch) => batch !== undefined)
      .filter(
        ({ platformOrigin, s3Origin }) =>
          platformOrigin === this.#origins.platformOrigin && s3Origin === this.#origins.s3Origin,
      );
  }

  async get(id: string): Promise<Batch | undefined> {
    return (await this.all()).find((batch) => batch.id === id);
  }

  async put(batch: Batch): Promise<void> {
    await this.#store.write(`${batch.id}.json`, JSON.stringify(batch));
  }

  async drop({ id }: Batch): Promise<void> {
    await this.#store.remove(`${id}.json`);
  }
}
