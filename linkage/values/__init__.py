"""Values: standardization of names, numbers and dates, and the measures that compare two values."""
