"""The same job in other libraries, each a whole process from CSV files to a CSV file of links."""
