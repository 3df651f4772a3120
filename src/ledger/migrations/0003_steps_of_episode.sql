CREATE INDEX steps_episode ON steps (episode);
