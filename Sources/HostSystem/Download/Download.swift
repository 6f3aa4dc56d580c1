internal import ContentDigest
internal import FileTrees
internal import Glibc

/// One request on its way: the tries, over its URLs, until one succeeds.
struct Download {
    let request: DownloadRequest
    let partial: PartialFile
    let downloader: Downloader

    /// How one try ended.
    private enum Try {
        case complete
        /// Worth trying again; after that time, where the server named one.
        case failed(HostError, pause: Duration?)
        /// This URL will not do better the next time.
        case refused(HostError)
    }

    func run() async throws -> DownloadedFile {
        let policy = downloader.http.policy
        var urls = request.urls
        var fallbacks = request.fallbacks
        if urls.isEmpty { swap(&urls, &fallbacks) }
        var mismatches = 0
        var attempt = 0
        while true {
            attempt += 1
            guard let url = urls.first else {
                throw HostError(.download, "'\(request.title)' has no URL to be downloaded from")
            }
            var outcome = try await attemptOnce(url)
            if case .complete = outcome {
                switch try partial.finish(request, store: downloader.store, from: url) {
                case .file(let file): return file
                case .mismatch(let error):
                    // A proxy or a mirror in the middle of its update; the second time it is the content itself.
                    mismatches += 1
                    outcome = mismatches < 2 ? .failed(error, pause: nil) : .refused(error)
                }
            }
            switch outcome {
            case .complete: continue
            case .refused(let error):
                urls.removeFirst()
                if urls.isEmpty {
                    // Not there, or no longer what it was: an archive that forgets nothing may have it.
                    guard !fallbacks.isEmpty, isGone(error) else { throw final(error, at: url) }
                    swap(&urls, &fallbacks)
                    (attempt, mismatches) = (0, 0)
                }
                downloader.progress.send(.log("\(error.message); trying \(urls[0])"))
            case .failed(let error, let pause):
                guard attempt < max(policy.attempts, request.urls.count) else { throw final(error, attempt) }
                urls.append(urls.removeFirst())
                downloader.progress.send(.log("\(error.message); trying again"))
                try await Task.sleep(for: pause ?? policy.pause(before: attempt + 1))
            }
        }
    }

    private func attemptOnce(_ url: String) async throws -> Try {
        try Task.checkCancellation()
        var transfer = Transfer(url: url, receiver: partial)
        switch try await blocking(named: "resume", { [partial] in try partial.prepare(for: url) }) {
        case .complete: return .complete
        case .fromStart: break
        case .resume(let offset, let validator):
            transfer.range = "\(offset)-"
            if let validator { transfer.headers.append("If-Range: \(validator)") }
        }
        let log = downloader.progress
        log.send(.log("GET \(url)\(transfer.range.map { " from byte \($0.dropLast())" } ?? "")"))
        let end = await downloader.http.engine.perform(transfer)
        partial.reportNow()
        switch end {
        case .cancelled: throw CancellationError()
        case .refused(let error as HostError) where error.code == .digestMismatch: return .refused(error)
        case .refused(let error as HostError) where error.code == .download: return .failed(error, pause: nil)
        case .refused(let error): throw error
        case .failed(let fault): return judge(fault, url)
        case .answered(let head): return try judge(head, url)
        }
    }

    private func judge(_ fault: TransferFault, _ url: String) -> Try {
        if fault.isNotFound {
            return .refused(HostError(.notFound, "'\(request.title)' is not there: \(url) cannot be read"))
        }
        let error = HostError(.download, "cannot download '\(request.title)' from \(url): \(fault.message)")
        return fault.isTransient ? .failed(error, pause: nil) : .refused(error)
    }

    private func judge(_ head: ResponseHead, _ url: String) throws -> Try {
        switch head.status {
        case 0, 200..<300:
            // A server that gives no length and closes early looks like one that is done.
            if let expected = request.expectedSize, partial.count < expected {
                return .failed(
                    HostError(
                        .download, "\(url) ended after \(partial.count) of \(expected) bytes"), pause: nil)
            }
            return .complete
        case 404, 410:
            return .refused(
                HostError(
                    .notFound, "'\(request.title)' is not there: \(url) does not exist (HTTP \(head.status))"))
        case 416:
            try partial.restart()
            return .failed(HostError(.download, "\(url) cannot be resumed (HTTP 416)"), pause: .zero)
        case 408, 425, 429, 500...:
            let seconds = head.value("retry-after").flatMap { Int($0) }.map { Duration.seconds(min(max($0, 0), 60)) }
            return .failed(HostError(.download, "\(url) answers with HTTP \(head.status)"), pause: seconds)
        default:
            return .refused(HostError(.download, "\(url) answers with HTTP \(head.status)"))
        }
    }

    private func isGone(_ error: HostError) -> Bool { error.code == .notFound || error.code == .digestMismatch }

    /// The last place's error, with what helps.
    private func final(_ error: HostError, at url: String) -> HostError {
        var error = error
        guard isGone(error) else { return error }
        if let hint = request.hint {
            // Content that changed on its way from a mirror may be right the next time.
            let isPassing = error.code == .digestMismatch && !url.hasPrefix("file:")
            error.hint = isPassing ? error.hint.map { "\($0); if it stays so, \(hint)" } ?? hint : hint
        }
        let places = request.urls + request.fallbacks
        if places.count > 1 { error.notes += ["it was looked for at:"] + places.map { "  \($0)" } }
        return error
    }

    private func final(_ error: HostError, _ attempts: Int) -> HostError {
        var error = error
        error.message += " (tried \(attempts) time\(attempts == 1 ? "" : "s"))"
        if error.hint == nil, error.code == .download {
            error.hint = "what has arrived is kept; try again later, or choose another mirror with --mirror NAME=URI"
        }
        return error
    }
}
