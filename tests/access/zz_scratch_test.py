import pytest, time
from tests.access import canary, private
@pytest.mark.books_may_differ
def test_scratch(world):
    t=time.time()
    crawl=canary.go_round(world)
    open('/tmp/c2_out.txt','w').write("\n".join([f"took {time.time()-t} requests {crawl.requests}",*sorted(map(str,crawl.leaks)),"BROKEN",*sorted(set(crawl.broken)),"UNPLANTED",*sorted(private.PRIVATE.keys()-crawl.planted.columns()),"UNSEEN",*sorted({c for c,s in private.PRIVATE.items() if s}-crawl.seen_columns)]))
