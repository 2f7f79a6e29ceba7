/** Finds commands, or people, by what is typed of their names. */

export function matching<T extends { label: string; words?: string }>(all: T[], query: string): T[] {
  const wanted = query.trim().toLowerCase();
  if (!wanted) return all;
  const rank = ({ label, words = "" }: T): number => {
    const name = label.toLowerCase();
    if (name.startsWith(wanted)) return 0;
    if (`${name} ${words}`.split(" ").some((word) => word.startsWith(wanted))) return 1;
    return name.replaceAll(" ", "").includes(wanted) ? 2 : 3;
  };
  return all
    .map((each) => ({ each, rank: rank(each) }))
    .filter((found) => found.rank < 3)
    .sort((a, b) => a.rank - b.rank)
    .map((found) => found.each);
}
