let
	cfg = config.qgroget.server.beta;
in {
	config = if cfg.enable then {} else { # opens
		qgroget.services.beta	=
		{			/* block
				 of two */
			url = "http://127.0.0.1:8080";
			backupDirectories =	[ {directory = "/var/lib/alpha"; user = "alpha"; mode = "0700";} # beside
]; # behind
			/* block
				 of two */
			middlewares =
		[ # "/commented/out"
 ''
			one
				two
		'' /* between */ ];
			 backupDirectories	= dirs;
};
	};
}
