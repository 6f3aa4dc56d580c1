import Glibc
import HostSystem
import Synchronization

private let leftovers = Mutex<[String]>([])

/// Removes a folder when the process ends. gpg's agent sees its home go and ends too.
func removeAtExit(_ folder: String) {
    let isFirst = leftovers.withLock { folders in
        folders.append(folder)
        return folders.count == 1
    }
    if isFirst { atexit { for folder in leftovers.withLock({ $0 }) { try? removeTree(folder) } } }
}
