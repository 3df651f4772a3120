CREATE INDEX steps_episode ON steps (source, episode);
