"""One value, or two values: names, numbers and dates standardised, and the measures that compare them."""
