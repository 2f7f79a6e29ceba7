/** Asks a worker for the colours of code, one text after the other, and ends it where it takes too long. */

import { fetchedAgain } from "../../../../lib/again";
import type { Token } from "./grammars";
import type { Answer, Job } from "./worker";

/** Milliseconds that one text may take. Ordinary code takes a few. */
export const DEADLINE = 2_000;

/** Texts that took too long stay plain; what could not be fetched may be asked for again. */
export type Outcome = Token[] | "slow" | "failed";

const loadWorker = fetchedAgain(() => import("./worker"));

async function start(): Promise<Worker> {
  const { address } = await loadWorker();
  return new Worker(address, { type: "module" });
}

export class Highlighter {
  private worker: Worker | null = null;
  private last: Promise<unknown> = Promise.resolve();
  private isClosed = false;

  constructor(
    private readonly startWorker: () => Promise<Worker> = start,
    private readonly deadline = DEADLINE,
  ) {}

  /** Comes after those that were asked for before. */
  ask(job: Job): Promise<Outcome> {
    const outcome = this.last.then(() => this.run(job));
    this.last = outcome;
    return outcome;
  }

  close(): void {
    this.isClosed = true;
    this.end();
  }

  private async run(job: Job): Promise<Outcome> {
    try {
      this.worker ??= this.isClosed ? null : await this.startWorker();
    } catch {
      return "failed";
    }
    const { worker } = this;
    if (!worker || this.isClosed) {
      this.end();
      return "failed";
    }
    return this.answered(worker, job);
  }

  private answered(worker: Worker, job: Job): Promise<Outcome> {
    return new Promise((resolve) => {
      let timer: ReturnType<typeof setTimeout> | undefined;
      const done = (outcome: Outcome): void => {
        clearTimeout(timer);
        resolve(outcome);
      };
      const end = (outcome: Outcome): void => {
        this.end();
        done(outcome);
      };
      worker.onmessage = ({ data }: MessageEvent<Answer>) => {
        if (data === "begun") timer = setTimeout(() => end("slow"), this.deadline);
        else done(data);
      };
      worker.onerror = () => end("failed");
      worker.postMessage(job);
    });
  }

  private end(): void {
    this.worker?.terminate();
    this.worker = null;
  }
}
