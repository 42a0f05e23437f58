/** ClickHouse's configuration for a small process: caches of megabytes where a server's defaults are gigabytes. */
export function engineConfig({ memoryBytes }: { memoryBytes: number }): string {
  const cacheBytes = Math.round(Math.min(64 * 2 ** 20, memoryBytes / 16))
  return `<clickhouse>
  <display_name>plumbline</display_name>
  <max_server_memory_usage>${Math.round(memoryBytes)}</max_server_memory_usage>
  <mark_cache_size>${cacheBytes}</mark_cache_size>
  <index_mark_cache_size>${cacheBytes}</index_mark_cache_size>
  <primary_index_cache_size>${cacheBytes}</primary_index_cache_size>
  <uncompressed_cache_size>0</uncompressed_cache_size>
  <index_uncompressed_cache_size>0</index_uncompressed_cache_size>
  <vector_similarity_index_cache_size>0</vector_similarity_index_cache_size>
  <query_condition_cache_size>${Math.round(cacheBytes / 4)}</query_condition_cache_size>
  <mmap_cache_size>256</mmap_cache_size>
</clickhouse>
`
}
