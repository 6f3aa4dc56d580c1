internal import CCurl

/// One libcurl easy handle, reused from transfer to transfer. Used by the engine's thread alone.
final class EasyHandle {
    let pointer: UnsafeMutableRawPointer
    private var errorText = [CChar](repeating: 0, count: Int(CURL_ERROR_SIZE))
    private let errorBuffer: UnsafeMutablePointer<CChar>
    private var headerList: UnsafeMutablePointer<curl_slist>?
    private var body: UnsafeMutableBufferPointer<UInt8>?
    private var transfer: Transfer?
    private var head = ResponseHead()
    private var hasBegun = false
    private var refusal: (any Error)?

    init?() {
        guard let pointer = curl_easy_init() else { return nil }
        self.pointer = pointer
        errorBuffer = .allocate(capacity: Int(CURL_ERROR_SIZE))
        errorBuffer.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
    }

    deinit {
        curl_easy_cleanup(pointer)
        curl_slist_free_all(headerList)
        body?.deallocate()
        errorBuffer.deallocate()
    }

    /// Sets the handle up for a transfer. Connections, and what libcurl knows of hosts, stay with the multi handle.
    func prepare(_ transfer: Transfer, policy: TransferPolicy, environment: [String: String]) {
        curl_easy_reset(pointer)
        self.transfer = transfer
        head = ResponseHead()
        hasBegun = false
        refusal = nil
        errorBuffer[0] = 0
        set(CURLOPT_ERRORBUFFER, pointer: errorBuffer)
        set(CURLOPT_NOSIGNAL, 1)
        set(CURLOPT_URL, transfer.url)
        set(CURLOPT_PROTOCOLS_STR, "http,https,file")
        set(CURLOPT_REDIR_PROTOCOLS_STR, "http,https")
        set(CURLOPT_FOLLOWLOCATION, transfer.followsRedirects ? 1 : 0)
        set(CURLOPT_MAXREDIRS, 10)
        set(CURLOPT_USERAGENT, HTTPClient.userAgent)
        set(CURLOPT_CONNECTTIMEOUT_MS, policy.connectTimeout.inMilliseconds)
        set(CURLOPT_LOW_SPEED_LIMIT, policy.stallSpeed)
        set(CURLOPT_LOW_SPEED_TIME, max(policy.stallTime.inMilliseconds / 1000, 1))
        if !transfer.verifiesCertificate {
            set(CURLOPT_SSL_VERIFYPEER, 0)
            set(CURLOPT_SSL_VERIFYHOST, 0)
        }
        if let timeout = transfer.timeout { set(CURLOPT_TIMEOUT_MS, max(timeout.inMilliseconds, 1)) }
        if let range = transfer.range { set(CURLOPT_RANGE, range) }
        set(CURLOPT_BUFFERSIZE, 256 << 10)
        // The curl program reads these three; libcurl alone does not.
        if let file = environment["CURL_CA_BUNDLE"] ?? environment["SSL_CERT_FILE"], !file.isEmpty {
            set(CURLOPT_CAINFO, file)
        }
        if let folder = environment["SSL_CERT_DIR"], !folder.isEmpty { set(CURLOPT_CAPATH, folder) }
        setMethod(transfer)
        setHeaders(transfer.headers)
        let context = Unmanaged.passUnretained(self).toOpaque()
        set(CURLOPT_WRITEDATA, pointer: context)
        sb_curl_set_callback(pointer, CURLOPT_WRITEFUNCTION, writeCallback)
        set(CURLOPT_HEADERDATA, pointer: context)
        sb_curl_set_callback(pointer, CURLOPT_HEADERFUNCTION, headerCallback)
    }

    /// What became of the transfer, given libcurl's result.
    func end(_ code: CURLcode) -> TransferEnd {
        defer { transfer = nil }
        if let refusal { return .refused(refusal) }
        guard code == CURLE_OK else { return .failed(fault(code)) }
        do {
            try begin()
        } catch {
            return .refused(error)
        }
        return .answered(head)
    }

    // MARK: Callbacks

    fileprivate func take(header line: String) {
        if line.hasPrefix("HTTP/") {
            head = ResponseHead()
            head.status = line.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
            return
        }
        guard let colon = line.firstIndex(of: ":") else { return }
        let value = line[line.index(after: colon)...].drop { $0 == " " || $0 == "\t" }
        head.fields.append((line[..<colon].lowercased(), String(value)))
    }

    fileprivate func take(_ bytes: UnsafeRawBufferPointer) -> Bool {
        // The body of a redirect that is being followed is nobody's.
        if let transfer, transfer.followsRedirects, (300..<400).contains(head.status), head.value("location") != nil {
            return true
        }
        do {
            try begin()
            try transfer?.receiver.receive(bytes)
            return true
        } catch {
            refusal = error
            return false
        }
    }

    private func begin() throws {
        guard !hasBegun else { return }
        hasBegun = true
        try transfer?.receiver.begin(head)
    }

    // MARK: Options

    private func setMethod(_ transfer: Transfer) {
        body?.deallocate()
        body = nil
        if let bytes = transfer.body {
            let copy = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: max(bytes.count, 1))
            _ = copy.initialize(from: bytes)
            body = copy
            set(CURLOPT_POSTFIELDSIZE, bytes.count)
            set(CURLOPT_POSTFIELDS, pointer: copy.baseAddress)
        }
        switch transfer.method {
        case "GET" where transfer.body == nil: set(CURLOPT_HTTPGET, 1)
        case "HEAD": set(CURLOPT_NOBODY, 1)
        default: set(CURLOPT_CUSTOMREQUEST, transfer.method)
        }
    }

    private func setHeaders(_ headers: [String]) {
        curl_slist_free_all(headerList)
        headerList = nil
        for header in headers { headerList = curl_slist_append(headerList, header) ?? headerList }
        sb_curl_set_list(pointer, CURLOPT_HTTPHEADER, headerList)
    }

    private func set(_ option: CURLoption, _ value: Int) { sb_curl_set_long(pointer, option, value) }
    private func set(_ option: CURLoption, _ value: String) { sb_curl_set_string(pointer, option, value) }
    private func set(_ option: CURLoption, pointer value: UnsafeMutableRawPointer?) {
        sb_curl_set_pointer(pointer, option, value)
    }

    private func fault(_ code: CURLcode) -> TransferFault {
        let detail = String(cString: errorBuffer)
        let message = detail.isEmpty ? String(cString: curl_easy_strerror(code)) : detail
        let lasting = [
            CURLE_UNSUPPORTED_PROTOCOL, CURLE_URL_MALFORMAT, CURLE_FILE_COULDNT_READ_FILE, CURLE_TOO_MANY_REDIRECTS,
            CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CACERT_BADFILE, CURLE_BAD_FUNCTION_ARGUMENT, CURLE_OUT_OF_MEMORY,
        ]
        return TransferFault(
            code: code.rawValue, message: message, isTransient: !lasting.contains(code),
            isNotFound: code == CURLE_FILE_COULDNT_READ_FILE)
    }
}

private let writeCallback: sb_curl_data_callback = { data, size, count, context in
    guard let context else { return sb_curl_write_error }
    let handle = Unmanaged<EasyHandle>.fromOpaque(context).takeUnretainedValue()
    return handle.take(UnsafeRawBufferPointer(start: data, count: size * count)) ? size * count : sb_curl_write_error
}

private let headerCallback: sb_curl_data_callback = { data, size, count, context in
    guard let context else { return sb_curl_write_error }
    let handle = Unmanaged<EasyHandle>.fromOpaque(context).takeUnretainedValue()
    let bytes = UnsafeRawBufferPointer(start: data, count: size * count)
    var line = String(decoding: bytes, as: UTF8.self)[...]
    while let last = line.last, last.isNewline { line.removeLast() }
    handle.take(header: String(line))
    return size * count
}

extension Duration {
    /// Rounded down.
    var inMilliseconds: Int {
        Int(components.seconds) * 1000 + Int(components.attoseconds / 1_000_000_000_000_000)
    }
}
