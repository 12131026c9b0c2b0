"""A delivery portal: an insurer's letters, safely in the customer's hands."""

VERSION = "1.1.0"
