"""An audit of every image of a registry.

`strata` lists the registry and reads its layers, Spark spreads the reading over machines, SQL computes the figures.
docs/fleet.md describes the tables and how to run it.
"""
