import { databaseName } from "../session/databases";

/** The name of the first person's copy of a room. */
export const here = (room: string): string => databaseName("1", room, 2);

/** The databases of these rooms cannot be opened: at once, or for as long as anybody waits. */
export function breakDatabases(failing: string, hanging: string): () => void {
  const factory = Object.getPrototypeOf(indexedDB) as IDBFactory;
  const real = factory.open;
  factory.open = function (this: IDBFactory, name: string, version?: number) {
    if (name === here(failing)) throw new DOMException("it cannot be read", "UnknownError");
    return name === here(hanging) ? ({ addEventListener: () => undefined } as unknown as IDBOpenDBRequest) : real.call(this, name, version);
  };
  return () => {
    factory.open = real;
  };
}
