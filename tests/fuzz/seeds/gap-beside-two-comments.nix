{
	config,
	lib,
	...
}: let
	cfg = config.qgroget.server.alpha;
in {
	config =
		{		qgroget.services.alpha =

{
			# of the next
			url = "http://127.0.0.1:8080";
					backupDirectories	=
# above
	[	"[31m‮​" ];			 /* block
				 of two */
			type = /* between */ <nixpkgs/lib>;
};
		services.alpha = { # opens
}; # behind
		services.postgresql = {ensureDatabases = ["alpha"]; ensureUsers = [{name = "alpha";}];};
				qgroget.backups.alpha = { # opens
			
			preBackup
# above
	=	[ ];
			preBackup /* between */ =	null; /* behind */
}; # behind
		# of the next
		sops.secrets."server/alpha/env" = {};
	};
}
