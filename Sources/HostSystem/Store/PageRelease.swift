internal import CLinux
internal import Glibc

extension ContentStore {
    /// Gives back the memory that holds copies of files which nobody is going to read soon (the page cache), once they are
    /// written: in the background, at any time until the end of the run.
    ///
    /// Of what is built one after the other only the last would stay in it anyway, on most machines; and memory that was
    /// used before is quicker than new one, most of all in a virtual machine, which has to be given it.
    package func releasePages(of paths: [String]) {
        background.start {
            for path in paths {
                let descriptor = open(path, O_RDONLY | O_CLOEXEC)
                guard descriptor >= 0 else { continue }
                // What is not written yet stays in memory: the advice would pass it over.
                fdatasync(descriptor)
                _ = posix_fadvise(descriptor, 0, 0, POSIX_FADV_DONTNEED)
                close(descriptor)
            }
        }
    }
}
