const MIB = 2 ** 20

/**
 * With less than this free on the disk the engine refuses inserts and begins no merge: a merge that meets the very end of
 * the disk can leave a damaged part behind (seen with ClickHouse 26.7). What is refused waits in the collector's segments.
 */
const KEEP_FREE_BYTES = 128 * MIB

/**
 * What users of the HTTP port may do: tables and their data, but no files, no network, no programs, no functions of their
 * own, no shutdown. chDB does not ask for grants on table engines: statement-guard.ts has the list of those.
 */
const GRANTS = [
  'SELECT, INSERT, ALTER, TRUNCATE, OPTIMIZE, SHOW, CHECK, dictGet, KILL QUERY, MOVE PARTITION BETWEEN SHARDS',
  'CREATE DATABASE, CREATE TABLE, CREATE VIEW, CREATE TEMPORARY TABLE',
  'DROP DATABASE, DROP TABLE, DROP VIEW, UNDROP TABLE',
  'SYSTEM MERGES, SYSTEM TTL MERGES, SYSTEM FLUSH, SYSTEM DROP CACHE',
].join(', ')

/**
 * Settings that no request may change: paths that formats read and write, addresses that formats ask, disks made up in a
 * statement, statements made of texts, names of the engine's own code, engines of tables that name none.
 */
const LOCKED: Record<string, string> = {
  format_schema_source: 'string',
  format_template_row: '',
  format_template_resultset: '',
  output_format_schema: '',
  input_format_record_errors_file_path: '',
  format_avro_schema_registry_url: '',
  rename_files_after_processing: '',
  filesystem_cache_name: '',
  dynamic_disk_allow_from_env: '0',
  dynamic_disk_allow_include: '0',
  dynamic_disk_allow_from_zk: '0',
  allow_experimental_ai_functions: '0',
  allow_experimental_eval_table_function: '0',
  allow_introspection_functions: '0',
  default_table_engine: 'MergeTree',
  merge_tree_disk: '',
  merge_tree_storage_policy: 'default',
  merge_tree_table_disk: '0',
}

/** ClickHouse's configuration for a small process: caches of megabytes where a server's defaults are gigabytes. */
export function engineConfig({ memoryBytes, usersFile }: { memoryBytes: number; usersFile: string }): string {
  const cacheBytes = Math.round(Math.min(64 * MIB, memoryBytes / 16))
  return `<clickhouse>
  <display_name>plumbline</display_name>
  <users_config>${escapeXml(usersFile)}</users_config>
  <max_server_memory_usage>${Math.round(memoryBytes)}</max_server_memory_usage>
  <mark_cache_size>${cacheBytes}</mark_cache_size>
  <index_mark_cache_size>${cacheBytes}</index_mark_cache_size>
  <primary_index_cache_size>${cacheBytes}</primary_index_cache_size>
  <uncompressed_cache_size>0</uncompressed_cache_size>
  <index_uncompressed_cache_size>0</index_uncompressed_cache_size>
  <vector_similarity_index_cache_size>0</vector_similarity_index_cache_size>
  <query_condition_cache_size>${Math.round(cacheBytes / 4)}</query_condition_cache_size>
  <mmap_cache_size>256</mmap_cache_size>
  <storage_configuration>
    <disks><default><keep_free_space_bytes>${KEEP_FREE_BYTES}</keep_free_space_bytes></default></disks>
  </storage_configuration>
</clickhouse>
`
}

/**
 * The one user of the engine: defaults that a request may override, and grants that it may not.
 * Some results are built in memory as a whole, so their size has a default limit too.
 */
export function usersConfig({ memoryBytes }: { memoryBytes: number }): string {
  return `<clickhouse>
  <profiles>
    <default>
      <max_memory_usage>${Math.round(memoryBytes / 2)}</max_memory_usage>
      <max_execution_time>120</max_execution_time>
      <max_result_bytes>${Math.round(Math.max(64 * MIB, memoryBytes / 8))}</max_result_bytes>
      <async_insert>0</async_insert>
      ${Object.entries(LOCKED).map(elementOf).join('')}
      <constraints>${Object.keys(LOCKED).map(lockOf).join('')}</constraints>
    </default>
  </profiles>
  <quotas><default></default></quotas>
  <users>
    <default>
      <password></password>
      <networks><ip>::/0</ip></networks>
      <profile>default</profile>
      <quota>default</quota>
      <grants><query>GRANT ${GRANTS} ON *.*</query></grants>
    </default>
  </users>
</clickhouse>
`
}

const elementOf = ([name, value]: [string, string]) => `<${name}>${value}</${name}>`
const lockOf = (name: string) => `<${name}><readonly/></${name}>`

function escapeXml(text: string): string {
  return text.replace(/[<>&]/g, (character) => `&#${character.charCodeAt(0)};`)
}
