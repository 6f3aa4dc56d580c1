/// What `--version` says.
package let stonebakeVersion = "0.1.0"
