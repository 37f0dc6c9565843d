"""The places of statements that are built once: building one costs many times what running it does.

A query builds its statement when its module is loaded, with these where a value differs from request to request, and
hands it to `ctx.rows`, which fills them in (`ctx.places` does, where entities are wanted). Where the shape of a
statement follows from what the actor may see, a function builds it that is `built_once`: called once for each
combination of conditions, and then remembered.
"""

from functools import lru_cache

from sqlalchemy import Date, Integer, String, bindparam

EMPLOYER = bindparam("employer_id", type_=Integer)  # of the actor
ME = bindparam("me", type_=Integer)  # the actor's person
TODAY = bindparam("today", type_=Date)  # where the employer is
COUNTRY = bindparam("country", type_=String)  # of the employer

built_once = lru_cache(maxsize=256)  # statements of each function; one takes a few kilobytes
