"""Deliveries that the gate `mode` waits for, and that nobody works on any more."""

from reactor.journal.database import Connection


def over(db: Connection) -> list[tuple[str, str]]:
    """The ids and sources of those: they have ended, and no memory was told; the source of one
    that retention took is empty. A memory names what it waits for among its `watches` (see
    MemoryEntry)."""
    rows = db.execute(
        """
        select distinct awaited.id as id, coalesce(deliveries.source, '') as source
        from (
            select substr(token.value, length('delivery:') + 1) as id
            from memory, json_each(memory.value, '$.watches') as token
            where memory.gate = 'mode'
        ) as awaited left join deliveries on deliveries.id = awaited.id
        where deliveries.state is null
            or deliveries.state not in ('pending', 'running', 'retrying')
        order by awaited.id
        """
    )
    return [(row["id"], row["source"]) for row in rows]
