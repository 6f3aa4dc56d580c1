package import FileTrees
internal import Glibc

/// `removeTree` of what goes with the run anyway: a failure is not told, and hides none.
///
/// For a `defer`, where a `catch` that tries to remove and throws on would do, but for Swift 6.3.1's optimiser, which
/// crashes on it in an async function.
package func discardTree(_ path: String) {
    do { try removeTree(path) } catch {}
}

/// Removes a file or a folder with all that is in it, also what belongs to this user's subordinate ids (a tree that was
/// configured in a user namespace) or is not writable. Never crosses into another filesystem, follows no symbolic
/// link. What is not there is fine. Blocks; a large tree takes a second.
///
/// - Throws: `HostError` when something of it is left.
package func removeTree(_ path: String) throws(HostError) {
    guard let identity = try Files.identity(path) else { return }
    if (identity.isFolder ? rmdir(path) : unlink(path)) == 0 { return }
    // rm walks with openat(2), so that neither long paths nor a tree that changes lead it elsewhere.
    let remove = ["rm", "-rf", "--one-file-system", "--", path]
    if try spawn(remove).status == 0 { return }
    if getuid() != 0, try spawn(["unshare", "--map-root-user", "--map-auto", "--"] + remove).status == 0 { return }
    if Files.exists(path) {
        throw HostError(.fileSystem, "cannot remove '\(path)'", notes: ["to see why: \(remove.joined(separator: " "))"])
    }
}
