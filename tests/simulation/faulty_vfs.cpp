#include <algorithm>
#include <cstring>
#include <utility>

#include <sqlite3.h>

#include "tests/simulation/faulty_disk.hpp"

// SQLite's file system on a FaultyDisk: sqlite.org/c3ref/io_methods.html and vfs.html say what each function owes.
namespace skerry::simulation {
namespace {

using Call = FaultyDisk::Call;
using Fault = FaultyDisk::Fault;

/// A file that a process has open. What is in shared memory goes with it: one connection a file.
struct Open {
    FaultyDisk& disk;
    std::shared_ptr<FaultyFile> file;
    std::uint64_t life;
    bool syncs_names = false;  ///< with its next sync
    std::map<int, std::unique_ptr<Bytes>> shared{};
};

struct Handle {
    sqlite3_file head;
    Open* open;
};

Open& of(sqlite3_file* file) {
    return *reinterpret_cast<Handle*>(file)->open;
}

FaultyDisk& disk_of(sqlite3_vfs* vfs) {
    return *static_cast<FaultyDisk*>(vfs->pAppData);
}

bool is_dead(sqlite3_file* file) {
    return of(file).life != of(file).disk.life();
}

int close(sqlite3_file* file) {
    delete reinterpret_cast<Handle*>(file)->open;
    return SQLITE_OK;
}

int read(sqlite3_file* file, void* to, int count, sqlite3_int64 offset) {
    Open& open = of(file);
    if (open.disk.meets(Call::Read, open.life) != Fault::None) return SQLITE_IOERR_READ;
    const Bytes& bytes = open.file->bytes();
    const auto first = std::min(bytes.size(), static_cast<std::size_t>(offset));
    const auto there = std::min(bytes.size() - first, static_cast<std::size_t>(count));
    if (there > 0) std::memcpy(to, bytes.data() + first, there);
    std::memset(static_cast<std::byte*>(to) + there, 0, static_cast<std::size_t>(count) - there);
    return there == static_cast<std::size_t>(count) ? SQLITE_OK : SQLITE_IOERR_SHORT_READ;
}

int write(sqlite3_file* file, const void* from, int count, sqlite3_int64 offset) {
    Open& open = of(file);
    if (is_dead(file)) return SQLITE_IOERR_WRITE;
    const ByteView bytes(static_cast<const std::byte*>(from), static_cast<std::size_t>(count));
    const Fault fault = open.disk.meets(Call::Write, open.life);
    const auto written = fault == Fault::None ? bytes.size() : open.disk.dice().between(0, bytes.size());
    if (written > 0) open.file->write(static_cast<std::uint64_t>(offset), bytes.first(written));
    return fault == Fault::None ? SQLITE_OK : fault == Fault::NoRoom ? SQLITE_FULL : SQLITE_IOERR_WRITE;
}

int truncate(sqlite3_file* file, sqlite3_int64 size) {
    Open& open = of(file);
    if (open.disk.meets(Call::Write, open.life) != Fault::None) return SQLITE_IOERR_TRUNCATE;
    open.file->truncate(static_cast<std::uint64_t>(size));
    return SQLITE_OK;
}

int sync(sqlite3_file* file, int /*flags*/) {
    Open& open = of(file);
    const Fault fault = open.disk.meets(Call::Sync, open.life);
    if (fault == Fault::SyncFails) open.file->fail_sync(open.disk.dice(), open.disk.sector_bytes());
    if (fault != Fault::None) return SQLITE_IOERR_FSYNC;
    if (open.disk.lies()) return SQLITE_OK;
    open.file->sync();
    if (std::exchange(open.syncs_names, false)) open.disk.sync_names();
    return SQLITE_OK;
}

int size_of(sqlite3_file* file, sqlite3_int64* size) {
    if (is_dead(file)) return SQLITE_IOERR_FSTAT;
    *size = static_cast<sqlite3_int64>(of(file).file->bytes().size());
    return SQLITE_OK;
}

// A dead process has lost its locks: its last wish, to checkpoint and to delete the log, is not granted.
int lock(sqlite3_file* file, int /*level*/) {
    return is_dead(file) ? SQLITE_IOERR_LOCK : SQLITE_OK;
}
int unlock(sqlite3_file* /*file*/, int /*level*/) {
    return SQLITE_OK;
}
int is_reserved(sqlite3_file* /*file*/, int* answer) {
    *answer = 0;
    return SQLITE_OK;
}
int control(sqlite3_file* /*file*/, int /*operation*/, void* /*argument*/) {
    return SQLITE_NOTFOUND;
}
int sector_bytes(sqlite3_file* /*file*/) {
    return 4096;
}
// As on unix: bytes beside those that are written stay, even when the power goes.
int traits(sqlite3_file* /*file*/) {
    return SQLITE_IOCAP_POWERSAFE_OVERWRITE;
}

int map_shared(sqlite3_file* file, int region, int bytes, int extend, void volatile** where) {
    *where = nullptr;
    if (is_dead(file)) return SQLITE_IOERR_SHMMAP;
    auto& mapped = of(file).shared[region];
    if (!mapped && extend == 0) return SQLITE_OK;
    if (!mapped) mapped = std::make_unique<Bytes>(static_cast<std::size_t>(bytes));
    *where = mapped->data();
    return SQLITE_OK;
}
int lock_shared(sqlite3_file* file, int /*first*/, int /*count*/, int flags) {
    return is_dead(file) && (flags & SQLITE_SHM_LOCK) != 0 ? SQLITE_IOERR_SHMLOCK : SQLITE_OK;
}
void order_shared(sqlite3_file* /*file*/) {}
int unmap_shared(sqlite3_file* file, int /*remove*/) {
    of(file).shared.clear();
    return SQLITE_OK;
}

constexpr sqlite3_io_methods methods() {
    sqlite3_io_methods all{};
    all.iVersion = 2;
    all.xClose = close;
    all.xRead = read;
    all.xWrite = write;
    all.xTruncate = truncate;
    all.xSync = sync;
    all.xFileSize = size_of;
    all.xLock = lock;
    all.xUnlock = unlock;
    all.xCheckReservedLock = is_reserved;
    all.xFileControl = control;
    all.xSectorSize = sector_bytes;
    all.xDeviceCharacteristics = traits;
    all.xShmMap = map_shared;
    all.xShmLock = lock_shared;
    all.xShmBarrier = order_shared;
    all.xShmUnmap = unmap_shared;
    return all;
}
constexpr sqlite3_io_methods kMethods = methods();

int open(sqlite3_vfs* vfs, const char* name, sqlite3_file* file, int flags, int* flags_out) {
    FaultyDisk& disk = disk_of(vfs);
    file->pMethods = nullptr;
    const bool create = (flags & SQLITE_OPEN_CREATE) != 0;
    // Without a name: what SQLite has too much of to sort in memory.
    auto found = name == nullptr ? std::make_shared<FaultyFile>() : disk.open(name, create);
    if (!found) return SQLITE_CANTOPEN;
    // As on unix, the first sync of a log or journal takes the folder along.
    const bool is_log = (flags & (SQLITE_OPEN_WAL | SQLITE_OPEN_MAIN_JOURNAL | SQLITE_OPEN_SUPER_JOURNAL)) != 0;
    reinterpret_cast<Handle*>(file)->open = new Open{disk, std::move(found), disk.life(), create && is_log};
    file->pMethods = &kMethods;
    if (flags_out != nullptr) *flags_out = flags;
    return SQLITE_OK;
}

int remove(sqlite3_vfs* vfs, const char* name, int durably) {
    return disk_of(vfs).remove(name, durably != 0) ? SQLITE_OK : SQLITE_IOERR_DELETE_NOENT;
}

// As on unix, an empty file does not exist.
int look(sqlite3_vfs* vfs, const char* name, int flags, int* answer) {
    const auto found = disk_of(vfs).open(name, false);
    *answer = found && (flags != SQLITE_ACCESS_EXISTS || !found->bytes().empty()) ? 1 : 0;
    return SQLITE_OK;
}

int full_path(sqlite3_vfs* /*vfs*/, const char* name, int room, char* to) {
    sqlite3_snprintf(room, to, "%s", name);
    return SQLITE_OK;
}
int random(sqlite3_vfs* vfs, int count, char* to) {
    std::generate_n(to, count, [&] { return static_cast<char>(disk_of(vfs).dice().below(256)); });
    return count;
}
int sleep(sqlite3_vfs* /*vfs*/, int microseconds) {
    return microseconds;
}
int time(sqlite3_vfs* /*vfs*/, sqlite3_int64* milliseconds) {
    *milliseconds = 0;
    return SQLITE_OK;
}
int last_error(sqlite3_vfs* /*vfs*/, int /*room*/, char* /*to*/) {
    return 0;
}

}  // namespace

struct FaultyDisk::Vfs {
    sqlite3_vfs head{};

    Vfs(FaultyDisk& disk, const char* name) {
        head.iVersion = 2;
        head.szOsFile = sizeof(Handle);
        head.mxPathname = 255;
        head.zName = name;
        head.pAppData = &disk;
        head.xOpen = simulation::open;
        head.xDelete = simulation::remove;
        head.xAccess = look;
        head.xFullPathname = full_path;
        head.xRandomness = random;
        head.xSleep = simulation::sleep;
        head.xGetLastError = last_error;
        head.xCurrentTimeInt64 = simulation::time;
        SKERRY_ASSERT(sqlite3_vfs_register(&head, 0) == SQLITE_OK);
    }
    ~Vfs() { sqlite3_vfs_unregister(&head); }
    Vfs(const Vfs&) = delete;
    Vfs& operator=(const Vfs&) = delete;
};

FaultyDisk::FaultyDisk(Dice dice) : dice_(dice), sector_bytes_(dice_.chance(0.5) ? 512 : 4096) {
    static std::uint64_t made = 0;
    name_ = "faulty-" + std::to_string(++made);
    vfs_ = std::make_unique<Vfs>(*this, name_.c_str());
}
FaultyDisk::~FaultyDisk() = default;

}  // namespace skerry::simulation
