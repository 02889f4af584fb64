/** Puts an entry last. More than `most` there are not: the first goes, which is the one that was put there the longest time ago. */
export function putLast<K, V>(map: Map<K, V>, key: K, value: V, most: number): void {
  map.delete(key);
  map.set(key, value);
  if (map.size > most) map.delete(map.keys().next().value as K);
}
