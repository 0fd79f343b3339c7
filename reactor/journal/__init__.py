"""Everything SQL: the durable memory that the two halves of reactor share."""
