from typing import Any, NamedTuple
class Told(NamedTuple):
    config: Any; figures: Any; row: Any; stages: Any; updates: Any; rebuilt: bool; tables: Any
def write_page(folder, told): return folder/'monitor.html'
