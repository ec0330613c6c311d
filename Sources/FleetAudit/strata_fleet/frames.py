"""Arrow's tables as Spark's, for pyspark 3.5 and 4."""

from typing import Any

import pyarrow as pa
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql.pandas.types import from_arrow_schema
from pyspark.sql.types import StructType


def spark_schema(schema: pa.Schema) -> StructType:
    """A schema as Spark names it."""
    return from_arrow_schema(schema, prefer_timestamp_ntz=False)


def frame(spark: SparkSession, rows: list[dict[str, Any]], schema: pa.Schema) -> DataFrame:
    """Rows of the driver as a table."""
    names = schema.names
    tuples = [tuple(row.get(name) for name in names) for row in rows]
    return spark.createDataFrame(tuples, spark_schema(schema), verifySchema=False)
