import FileTrees
import HostSystem
import SandboxInside

/// Scripts of Debian's packages that start programs for each line of a long list, several hundred each: what they do, by
/// one program or by the shell itself.
///
/// The script is read in the root, and a part of it is replaced where it says, to the letter, what is known here; another
/// version that says something else runs as it is. The changed script is bound over the package's own, so that nothing of
/// it is ever part of the tree.
struct ScriptShortcut: Sendable {
    /// In the root; absolute.
    let path: String
    /// All of them, each found once, or none.
    let parts: [(own: String, shorter: String)]

    /// The script with its parts replaced; nil where it is another one.
    func shortened(_ script: String) -> String? {
        var result = script
        for part in parts {
            let pieces = result.split(separator: part.own, omittingEmptySubsequences: false)
            guard pieces.count == 2 else { return nil }
            result = pieces.joined(separator: part.shorter)
        }
        return result
    }
}

extension ScriptShortcut {
    /// Of the scripts that dpkg runs to configure packages.
    static let configuring = [locales, certificateChoice]
    /// Of what `DeferredWork` runs.
    static let deferred = [certificates, orphans] + initramfs

    /// Binds for those of the shortcuts that fit.
    ///
    /// - Parameters:
    ///   - folders: the layers and the upper folder of a root
    ///   - folder: on the host; gets the changed scripts
    static func binds(
        _ shortcuts: [ScriptShortcut], over folders: [String], in folder: String
    ) throws(HostError) -> [SandboxBind] {
        var texts: [String: String] = [:]
        for shortcut in shortcuts {
            let path = shortcut.path
            var own = texts[path]
            if own == nil, let file = folders.map({ $0 + path }).last(where: Files.exists) {
                own = String(validating: try Files.read(file), as: UTF8.self)
            }
            guard let own, let shorter = shortcut.shortened(own) else { continue }
            texts[path] = shorter
        }
        var binds: [SandboxBind] = []
        for (path, text) in texts.sorted(by: { $0.key < $1.key }) {
            let file = "\(folder)/shorter-\(Files.name(of: path))"
            try Files.write(text, to: file, mode: 0o755)
            try Files.setMode(file, 0o755)
            binds.append(.init(file, at: path))
        }
        return binds
    }

    /// Which of some five hundred locales the list does not name yet: a grep for each. What is more than plain text is
    /// left to grep.
    private static let locales = ScriptShortcut(
        path: "/var/lib/dpkg/info/locales.postinst",
        parts: [
            (
                localesLoop,
                #"""
                        if ! echo "$SUPPORTED_LOCALES" | perl -e '
                            my ($file) = @ARGV;
                            local $/;
                            open(my $list, "<", $file) or exit 1;
                            my $text = <$list>;
                            my @names = split(/\n/, <STDIN>);
                            exit 1 if !@names || $text =~ /[^\n -~]/ || $text !~ /\n\z/;
                            my $added = "";
                            for my $name (@names) {
                                exit 1 if $name !~ /^[A-Za-z0-9][A-Za-z0-9_.@-]*( [A-Za-z0-9_.@-]+)*\z/;
                                next if $text =~ /^[# ]*$name *$/m;
                                $text .= "# $name\n";
                                $added .= "# $name\n";
                            }
                            open(my $end, ">>", $file) or exit 1;
                            print($end $added) && close($end) or exit 1;
                        ' "$LG"; then

                """# + localesLoop + "        fi\n"
            )
        ])

    private static let localesLoop = #"""
                echo "$SUPPORTED_LOCALES" | while read locale ; do
                   if ! grep -q "^[# ]*$locale *\$" $LG; then\#u{20}
                     echo "# $locale" >> $LG
                   fi
                done

        """#

    /// Whether a certificate is among those that were disabled or trusted before: of a new root none was.
    private static let certificateChoice = ScriptShortcut(
        path: "/var/lib/dpkg/info/ca-certificates.config",
        parts: ["CERTS_DISABLED", "CERTS_TRUST"].map { name in
            let search = "(echo \"$\(name)\" | grep -F -q -x \"$crt\") > /dev/null 2>&1; then"
            return ("if \(search)", "if [ \"$\(name)\" ] && \(search)")
        })

    /// The links and the bundle of the certificates: six programs for each.
    private static let certificates = ScriptShortcut(
        path: "/usr/sbin/update-ca-certificates",
        parts: [
            (
                #"""
                  CERT="$1"
                  PEM="$ETCCERTSDIR/$(basename "$CERT" .crt | sed -e 's/ /_/g' \
                                                                  -e 's/[()]/=/g' \
                                                                  -e 's/,/_/g').pem"
                  if ! test -e "$PEM" || [ "$(readlink "$PEM")" != "$CERT" ]
                  then
                    ln -sf "$CERT" "$PEM"
                    echo "+$PEM" >> "$ADDED"
                  fi
                  # Add trailing newline to certificate, if it is missing (#635570)
                  sed -e '$a\' "$CERT" >> "$TEMPBUNDLE"
                }

                """#,
                #"""
                  printf '%s\n' "$1" >> "$ADDED.all"
                }
                add_all() {
                  perl -e '
                    my ($folder, $added, $bundle) = @ARGV;
                    open(my $log, ">>", $added) or die "$added: $!\n";
                    open(my $all, ">>", $bundle) or die "$bundle: $!\n";
                    while (my $certificate = <STDIN>) {
                      chomp($certificate);
                      my ($name) = $certificate =~ m{([^/]*)/*\z};
                      $name =~ s/(?<=.)\.crt\z//s;
                      $name =~ tr/ (),/_==_/;
                      my $link = "$folder/$name.pem";
                      if (!-e $link || (readlink($link) // "") ne $certificate) {
                        if (-d $link) {
                          system("ln", "-sf", $certificate, $link) == 0 or exit 1;
                        } else {
                          unlink($link);
                          symlink($certificate, $link) or die "$link: $!\n";
                        }
                        print($log "+$link\n");
                      }
                      open(my $file, "<", $certificate) or die "$certificate: $!\n";
                      my $text = do { local $/; <$file> };
                      next if !defined($text) || $text eq "";
                      print($all $text =~ /\n\z/ ? $text : "$text\n") or die "$bundle: $!\n";
                    }
                    close($log) && close($all) or die "$bundle: $!\n";
                  ' "$ETCCERTSDIR" "$ADDED" "$TEMPBUNDLE" < "$ADDED.all"
                }

                """#
            ),
            ("  rm -f \"$ADDED\"\n", "  rm -f \"$ADDED\" \"$ADDED.all\"\n"),
            (
                "\nADDED_CNT=$(wc -l < \"$ADDED\")\n",
                "\nif [ -e \"$ADDED.all\" ]; then add_all; fi\nADDED_CNT=$(wc -l < \"$ADDED\")\n"
            ),
        ])

    /// Links that lead nowhere: only one that leads to no file needs test(1).
    private static let orphans = ScriptShortcut(
        path: "/usr/sbin/update-ca-certificates",
        parts: [(" -type l ! -exec test -e {} \\; -print", " -type l ! -xtype f ! -exec test -e {} \\; -print")])
}
