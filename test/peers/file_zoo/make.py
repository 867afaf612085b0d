"""Writes the zoo into the folder that standard input names, and prints the list of its files as JSON."""

import json
import sys

import delimited
import documents
import images
import tables
import tasks
from zoo import Zoo

zoo = Zoo(json.load(sys.stdin)["folder"])
for keeper in (delimited, documents, tables, tasks, images):
    keeper.make(zoo)
print(json.dumps(zoo.files))
