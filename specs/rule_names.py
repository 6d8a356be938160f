"""What the rules are called: each violation of a specification names its rule, and staff see one row for each."""

# Of a characteristic.
LEAST, MOST = "minCardinality", "maxCardinality"
TYPE, PATTERN, VALUES, UNIQUE = "valueType", "regex", "values", "isUnique"
NEEDS, EXCLUDES = "requires", "excludes"

# Of the specification as a whole.
STATUS, PERIOD, UNKNOWN = "lifecycleStatus", "validFor", "extensible"

# Of every usage, whatever its specification says.
FORM, REFERENCES, LIFECYCLE, FURTHER = "form", "references", "lifecycle", "further"
