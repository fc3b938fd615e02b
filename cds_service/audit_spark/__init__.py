"""An audit on Apache Spark: the same steps and the same findings, on more machines (docs/audit-spark.md)."""
