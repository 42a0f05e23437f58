#!/bin/bash
# Runs once, when ClickHouse starts on an empty volume: a user for Grafana that can read Plumbline's database and no more.
set -euo pipefail
password=${GRAFANA_CLICKHOUSE_PASSWORD//\\/\\\\}
password=${password//\'/\\\'}
clickhouse-client --user "$CLICKHOUSE_USER" --password "$CLICKHOUSE_PASSWORD" --multiquery <<SQL
CREATE USER IF NOT EXISTS grafana IDENTIFIED WITH sha256_password BY '${password}'
  SETTINGS readonly = 2, max_execution_time = 30 MAX 60, max_result_rows = 1000000;
GRANT SELECT ON ${CLICKHOUSE_DB}.* TO grafana;
SQL
