"""A delivery portal: an insurer's letters, safely in the customer's hands."""
