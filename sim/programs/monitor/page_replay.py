def write_replay(folder, config, tables, region): return folder/'replay.html'
