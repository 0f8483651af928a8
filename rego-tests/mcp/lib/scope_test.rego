package mcp.lib.scope_test

import data.mcp.lib.scope

test_within[name] if {
	some name, row in {
		"a file in the tree": [true, "/w/a.md", ["/w/**"]],
		"the tree's own folder": [true, "/w", ["/w/**"]],
		"a sibling with the same beginning": [false, "/w2", ["/w/**"]],
		"the second glob": [true, "/b/x", ["/a/**", "/b/**"]],
		"everything": [true, "/etc/passwd", ["/**"]],
		"the root in everything": [true, "/", ["/**"]],
		"a folder without stars is itself only": [false, "/w/a", ["/w"]],
		"a folder with a slash at its end is nothing": [false, "/w/a", ["/w/"]],
		"one segment": [true, "/w/a.md", ["/w/*.md"]],
		"not two": [false, "/w/a/b.md", ["/w/*.md"]],
		"any depth": [true, "/w/a/b.md", ["/w/**/*.md"]],
		"case counts": [false, "/W/a", ["/w/**"]],
		"a relative glob opens nothing": [false, "/w/a", ["w/**", "**w"]],
		"a star needs a segment": [false, "/w", ["/w/*"]],
		"brackets are alternatives, not letters": [false, "/w[ab]/x", ["/w[ab]/**"]],
		"no globs": [false, "/w/a", []],
		"a broken glob": [false, "/w/a", ["/[w/**", 7, null]],
		"globs that are no list": [false, "/w/a", "/w/**"],
	}
	[want, path, globs] := row
	want == within(path, globs)
}

within(path, globs) if {
	scope.within(path, globs)
} else := false

test_denied[name] if {
	some name, row in {
		"a bare name at any depth": [true, "/a/b/.env", [".env"]],
		"a bare folder takes its content along": [true, "/a/secrets/b", ["secrets"]],
		"a bare path": [true, "/x/keys/old/1", ["keys/old"]],
		"not a name that only holds it": [false, "/a/mysecrets/b", ["secrets"]],
		"**/ in front changes nothing": [true, "/a/.env", ["**/.env"]],
		"/** behind changes nothing": [true, "/a/secrets", ["**/secrets/**"]],
		"case does not count": [true, "/A/Secrets/x", ["SECRETS"]],
		"an ending": [true, "/a/b.PEM", ["*.pem"]],
		"an ending is not a middle": [false, "/a/b.pem.txt", ["*.pem"]],
		"a beginning": [true, "/a/.env.local", [".env*"]],
		"a name with stars inside": [true, "/a/id_x_key/b", ["id_*_key"]],
		"a beginning with stars inside": [true, "/a/id_x_key.old", ["id_*_key*"]],
		"an ending with a folder before it": [true, "/a/conf.d/x", ["*.d/x"]],
		"an absolute folder": [true, "/srv/keys/a", ["/srv/keys/"]],
		"not its sibling": [false, "/srv/keys2", ["/srv/keys"]],
		"an absolute glob": [true, "/home/ann/.ssh/id", ["/home/*/.ssh"]],
		"everything": [true, "/a", ["**"]],
		"an empty text is everything": [true, "/a", [""]],
		"nothing": [false, "/a", []],
		"no list is everything": [true, "/a", "/b"],
		"a broken glob is everything": [true, "/a", ["/[b"]],
		"a number is everything": [true, "/a", [7]],
	}
	[want, path, globs] := row
	want == denied(path, globs)
}

denied(path, globs) if {
	scope.denied(path, globs)
} else := false

test_holds_denied[name] if {
	some name, row in {
		"its folder": [true, "/srv", ["/srv/keys"]],
		"a folder further up, in another case": [true, "/SRV", ["/srv/a/keys/**"]],
		"not the path itself": [false, "/srv/keys", ["/srv/keys"]],
		"not a sibling": [false, "/srv2", ["/srv/keys"]],
		"names at any depth move along with their folder": [false, "/srv", ["keys"]],
	}
	[want, path, globs] := row
	want == holds_denied(path, globs)
}

holds_denied(path, globs) if {
	scope.holds_denied(path, globs)
} else := false
