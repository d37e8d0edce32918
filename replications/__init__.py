"""Long runs that repeat experiments of papers: ``make replications``.

Each module trains on one paper's task and writes book/data/replication_NAME.json; chapters and
the page *Replications* draw from these files.
"""

import os

# CPU seconds and results are those of one thread. This works before numpy is imported.
for _variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_variable, "1")
