#include "store/segmented_log.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <map>
#include <system_error>
#include <utility>

#include "base/check.h"
#include "store/segment_files.h"

namespace dn::store {

SegmentedLog::SegmentedLog(std::filesystem::path directory, SegmentLimits limits, FileCalls& calls)
    : directory_(std::move(directory)),
      limits_(limits),
      calls_(calls) {}

SegmentedLog::~SegmentedLog() {
  close();
  if (lock_ >= 0) ::close(lock_);
}

Result<void> SegmentedLog::open() {
  std::error_code error;
  std::filesystem::create_directories(directory_, error);
  if (error) {
    return fail(fmt::format("cannot create the log directory {}: {}", directory_.string(),
                            error.message()));
  }
  if (auto locked = lock_directory(); !locked) return locked;
  if (auto listed = list_segments(); !listed) return listed;
  continue_newest();
  return {};
}

// Two writers would mix their lines and delete each other's segments.
Result<void> SegmentedLog::lock_directory() {
  lock_ = ::open(directory_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (lock_ >= 0 && ::flock(lock_, LOCK_EX | LOCK_NB) == 0) return {};
  if (errno == EWOULDBLOCK) {
    taken_by_another_ = true;
    return fail(
        fmt::format("another process writes the log in {}: stop it, or set another "
                    "state_dir",
                    directory_.string()));
  }
  count("lock");
  return fail(last_error_);
}

Result<void> SegmentedLog::list_segments() {
  struct Forms {
    bool raw = false, compressed = false;
  };
  std::map<std::pair<std::uint64_t, WallTime>, Forms> found;
  std::error_code error;
  for (auto entry = std::filesystem::directory_iterator(directory_, error);
       !error && entry != std::filesystem::directory_iterator(); entry.increment(error)) {
    const auto file = parse_segment_file(entry->path().filename().string());
    std::error_code ignored;
    if (!file || !entry->is_regular_file(ignored) || entry->is_symlink(ignored)) continue;
    if (file->form == SegmentForm::Partial) {
      if (calls_.unlink(entry->path().string()) != 0) count("delete a partial file in");
      continue;
    }
    Forms& forms = found[{file->name.number, file->name.begun}];
    (file->form == SegmentForm::Raw ? forms.raw : forms.compressed) = true;
  }
  if (error) {
    return fail(
        fmt::format("cannot read the log directory {}: {}", directory_.string(), error.message()));
  }
  for (const auto& [key, forms] : found) {
    take_in({.begun = key.second, .number = key.first}, forms.raw, forms.compressed);
  }
  counters_.segments = segments_.size();
  for (const Segment& segment : segments_) counters_.disk_bytes += segment.bytes;
  return {};
}

void SegmentedLog::take_in(SegmentName name, bool raw, bool compressed) {
  next_number_ = std::max(next_number_, name.number + 1);
  if (compressed && take_in_compressed(name)) {
    if (raw && calls_.unlink(path_of(name, SegmentForm::Raw)) != 0) count("delete a raw file in");
    return;
  }
  if (!raw) return;
  std::error_code ignored;
  const std::uint64_t bytes = std::filesystem::file_size(path_of(name, SegmentForm::Raw), ignored);
  segments_.push_back({.name = name,
                       .bytes = ignored ? 0 : bytes,
                       .unfit = compressed,
                       .closed_seen = MonotonicTime{} - limits_.compress_after});
}

// False when the file is not whole or not ours.
bool SegmentedLog::take_in_compressed(SegmentName name) {
  const std::string path = path_of(name, SegmentForm::Compressed);
  const OpenFile file = open_for_reading(path);
  const auto index = file.is_open() ? read_index(file.get()) : fail("it cannot be opened");
  if (!index) {
    report(fmt::format("{} is passed over: {}", path, index.error().message));
    return false;
  }
  std::error_code ignored;
  const std::uint64_t bytes = std::filesystem::file_size(path, ignored);
  segments_.push_back({.name = name, .bytes = ignored ? 0 : bytes, .compressed = true});
  ++counters_.segments_compressed;
  return true;
}

void SegmentedLog::continue_newest() {
  if (segments_.empty() || segments_.back().compressed) return;
  file_ = calls_.open(path_of(segments_.back().name, SegmentForm::Raw), O_RDWR | O_APPEND);
  if (file_ < 0) return count("open");
  if (!cut_torn_line(segments_.back())) give_up_segment();
}

// Everything behind the last '\n' of the open segment is the torn rest of a line.
bool SegmentedLog::cut_torn_line(Segment& segment) {
  std::uint64_t end = segment.bytes;
  std::array<char, 65536> block{};
  std::uint64_t keep = 0;
  while (end > 0 && keep == 0) {
    const std::uint64_t size = std::min<std::uint64_t>(end, block.size());
    const ssize_t got = ::pread(file_, block.data(), size, static_cast<off_t>(end - size));
    if (got != static_cast<ssize_t>(size)) {
      count("read");
      return false;
    }
    const std::size_t newline = std::string_view(block.data(), size).rfind('\n');
    if (newline != std::string_view::npos) keep = end - size + newline + 1;
    end -= size;
  }
  if (keep == segment.bytes) return true;
  if (calls_.truncate(file_, static_cast<off_t>(keep)) != 0) {
    count("truncate");
    return false;
  }
  counters_.torn_bytes += segment.bytes - keep;
  counters_.disk_bytes -= segment.bytes - keep;
  segment.bytes = keep;
  return true;
}

std::size_t SegmentedLog::append(std::string_view lines, const Now& now) {
  DN_CHECK(lines.empty() || lines.ends_with('\n'), "only whole lines are appended");
  const std::scoped_lock lock(mutex_);
  std::size_t done = 0;
  while (done < lines.size()) {
    if (!make_room_for_line(now)) return done;
    const std::string_view part = fitting_lines(lines.substr(done));
    if (part.empty()) {
      // The next line does not fit: close this segment, the next round begins another.
      close_segment();
      continue;
    }
    const std::size_t written = write_lines(part);
    done += written;
    if (written < part.size()) return done;
  }
  return done;
}

bool SegmentedLog::append_all(std::string_view lines, const Now& now) {
  DN_CHECK(lines.ends_with('\n'), "only whole lines are appended");
  const std::scoped_lock lock(mutex_);
  if (!make_room_for_line(now)) return false;
  if (fitting_lines(lines).size() < lines.size() && segments_.back().bytes > 0) {
    close_segment();
    if (!make_room_for_line(now)) return false;
  }
  Segment& segment = segments_.back();
  const std::uint64_t before = segment.bytes;
  const SegmentCounters counted = counters_;
  if (write_lines(lines) == lines.size()) return true;
  if (segment.bytes == before) return false;
  if (calls_.truncate(file_, static_cast<off_t>(before)) == 0) {
    segment.bytes = before;
    counters_.bytes = counted.bytes;
    counters_.lines = counted.lines;
    counters_.disk_bytes = counted.disk_bytes;
  } else {
    count("take lines back in");
  }
  give_up_segment();
  return false;
}

// Afterwards a segment is open that still exists and is not too old.
bool SegmentedLog::make_room_for_line(const Now& now) {
  if (file_ >= 0) {
    struct stat status = {};
    if (::fstat(file_, &status) != 0 || status.st_nlink == 0) {
      report(fmt::format("{} was deleted while it was open",
                         path_of(segments_.back().name, SegmentForm::Raw)));
      give_up_segment();
    }
  }
  if (file_ >= 0 && now.wall - segments_.back().name.begun >= limits_.segment_age) close_segment();
  if (file_ >= 0) return true;
  if (!begin_segment(now.wall)) return false;
  delete_expired(now);
  return true;
}

bool SegmentedLog::begin_segment(WallTime now) {
  std::error_code error;
  std::filesystem::create_directories(directory_, error);  // open() reports what this cannot do
  const SegmentName name{now, next_number_};
  file_ = calls_.open(path_of(name, SegmentForm::Raw), O_RDWR | O_APPEND | O_CREAT | O_EXCL);
  if (file_ < 0) {
    count("create a segment in");
    return false;
  }
  ++next_number_;
  segments_.push_back({.name = name});
  counters_.segments = segments_.size();
  return true;
}

// The longest front of whole lines that the open segment has room for; at least one line when it
// is empty.
std::string_view SegmentedLog::fitting_lines(std::string_view lines) const {
  const std::uint64_t bytes = segments_.back().bytes;
  const std::uint64_t room = limits_.segment_bytes > bytes ? limits_.segment_bytes - bytes : 0;
  if (lines.size() <= room) return lines;
  const std::size_t end = lines.substr(0, room).rfind('\n');
  if (end != std::string_view::npos) return lines.substr(0, end + 1);
  return bytes > 0 ? std::string_view() : lines.substr(0, lines.find('\n') + 1);
}

std::size_t SegmentedLog::write_lines(std::string_view lines) {
  std::size_t done = 0;
  while (done < lines.size()) {
    const ssize_t written = calls_.write(file_, lines.substr(done));
    if (written > 0) {
      done += static_cast<std::size_t>(written);
    } else if (written == 0 || errno != EINTR) {
      count("write to");
      break;
    }
  }
  const std::size_t newline = lines.substr(0, done).rfind('\n');
  const std::size_t whole = newline == std::string_view::npos ? 0 : newline + 1;
  Segment& segment = segments_.back();
  segment.closed_seen.reset();
  segment.bytes += whole;
  counters_.bytes += whole;
  counters_.disk_bytes += whole;
  counters_.lines += static_cast<std::uint64_t>(std::ranges::count(lines.substr(0, whole), '\n'));
  if (whole < done && calls_.truncate(file_, static_cast<off_t>(segment.bytes)) != 0) {
    count("cut a torn line off");
    give_up_segment();
  }
  return whole;
}

void SegmentedLog::tidy(const Now& now) {
  const std::scoped_lock lock(mutex_);
  if (file_ >= 0 && now.wall - segments_.back().name.begun >= limits_.segment_age) close_segment();
  delete_expired(now);
}

void SegmentedLog::delete_expired(const Now& now) {
  const auto expired = [&] {
    if (counters_.disk_bytes > limits_.keep_bytes) return true;
    // The oldest segment ends where the next one begins.
    const WallTime end = std::max(segments_[0].name.begun, segments_[1].name.begun);
    return now.wall_trusted && now.wall - end > limits_.keep_age;
  };
  while (segments_.size() > 1 && expired()) {
    if (!delete_segment(segments_.begin())) return;
  }
}

bool SegmentedLog::remove(std::uint64_t number) {
  const std::scoped_lock lock(mutex_);
  const auto segment = std::ranges::find(
      segments_, number, [](const Segment& candidate) { return candidate.name.number; });
  if (segment == segments_.end() || segment + 1 == segments_.end()) return false;
  return delete_segment(segment);
}

// Both forms: the raw file may still be there when the last step of a compression failed.
bool SegmentedLog::delete_segment(std::deque<Segment>::iterator segment) {
  for (const SegmentForm form : {SegmentForm::Raw, SegmentForm::Compressed}) {
    if (form == SegmentForm::Compressed && !segment->compressed) continue;
    if (calls_.unlink(path_of(segment->name, form)) != 0 && errno != ENOENT) {
      count("delete");
      return false;
    }
  }
  counters_.disk_bytes -= segment->bytes;
  if (segment->compressed) --counters_.segments_compressed;
  ++counters_.segments_deleted;
  segments_.erase(segment);
  counters_.segments = segments_.size();
  return true;
}

bool SegmentedLog::compress_one(const Now& now, const std::atomic<bool>& stop) {
  const std::optional<SegmentName> name = next_to_compress(now);
  if (!name) return false;
  const bool go_on = compress(*name, now, stop);
  const std::scoped_lock lock(mutex_);
  compressing_ = false;
  return go_on;
}

// False when it was stopped.
bool SegmentedLog::compress(SegmentName name, const Now& now, const std::atomic<bool>& stop) {
  const std::string raw = path_of(name, SegmentForm::Raw);
  const std::string partial = path_of(name, SegmentForm::Partial);
  const CompressionResult made = compress_segment(raw, partial, calls_, stop);
  if (made.outcome == Compression::Done) {
    replace_by_compressed(name, made.file_bytes, now);
    return true;
  }
  if (made.outcome == Compression::Stopped) return false;
  const std::scoped_lock lock(mutex_);
  Segment* const segment = find(name);
  if (segment == nullptr) return true;  // retention was faster
  if (made.outcome == Compression::Unfit) {
    segment->unfit = true;
  } else {
    compress_retry_at_ = now.monotonic + kCompressRetry;
  }
  report(fmt::format("{} stays as it is: {}", raw, made.problem));
  return true;
}

std::optional<SegmentName> SegmentedLog::next_to_compress(const Now& now) {
  const std::scoped_lock lock(mutex_);
  if (compressing_) return {};
  std::size_t waiting = 0;
  Segment* oldest = nullptr;
  for (Segment& segment : segments_) {
    const bool open = file_ >= 0 && &segment == &segments_.back();
    if (segment.compressed || segment.unfit || open) continue;
    if (!segment.closed_seen) segment.closed_seen = now.monotonic;
    ++waiting;
    if (oldest == nullptr) oldest = &segment;
  }
  if (oldest == nullptr || now.monotonic < compress_retry_at_) return {};
  const bool aged = now.monotonic - *oldest->closed_seen >= limits_.compress_after;
  if (!aged && waiting <= kRawSegmentsMax) return {};
  compressing_ = true;
  return oldest->name;
}

void SegmentedLog::replace_by_compressed(SegmentName name, std::uint64_t bytes, const Now& now) {
  const std::string raw = path_of(name, SegmentForm::Raw);
  const std::string partial = path_of(name, SegmentForm::Partial);
  const std::string whole = path_of(name, SegmentForm::Compressed);
  {
    const std::scoped_lock lock(mutex_);
    Segment* const segment = find(name);
    std::error_code ignored;
    const bool taken = std::filesystem::exists(std::filesystem::symlink_status(whole, ignored));
    if (segment == nullptr || taken) {
      if (taken && segment != nullptr) {
        segment->unfit = true;
        report(fmt::format("{} is not ours and stays", whole));
      }
      calls_.unlink(partial);
      return;
    }
    if (calls_.rename(partial, whole) != 0) {
      count("rename a compressed segment in");
      calls_.unlink(partial);
      compress_retry_at_ = now.monotonic + kCompressRetry;
      return;
    }
    counters_.disk_bytes -= segment->bytes;
    counters_.disk_bytes += bytes;
    ++counters_.segments_compressed;
    segment->bytes = bytes;
    segment->compressed = true;
  }
  // A power cut must not find the raw file gone and the compressed one without its name. Where the
  // sync fails the raw file stays: readers prefer the compressed one, open() removes it.
  if (calls_.sync(lock_) != 0 || (calls_.unlink(raw) != 0 && errno != ENOENT)) {
    const std::scoped_lock lock(mutex_);
    count("finish a compression in");
  }
}

SegmentedLog::Segment* SegmentedLog::find(SegmentName name) {
  const auto segment = std::ranges::find_if(segments_, [name](const Segment& candidate) {
    return candidate.name.number == name.number && candidate.name.begun == name.begun;
  });
  return segment == segments_.end() ? nullptr : &*segment;
}

void SegmentedLog::close() {
  const std::scoped_lock lock(mutex_);
  close_segment();
}

void SegmentedLog::close_segment() {
  if (file_ < 0) return;
  if (calls_.sync_data(file_) != 0) count("sync");
  give_up_segment();
}

void SegmentedLog::give_up_segment() {
  if (file_ >= 0) ::close(file_);
  file_ = -1;
}

SegmentCounters SegmentedLog::counters() const {
  const std::scoped_lock lock(mutex_);
  return counters_;
}

std::string SegmentedLog::last_error() const {
  const std::scoped_lock lock(mutex_);
  return last_error_;
}

// Remembers errno of the call that just failed.
void SegmentedLog::count(std::string_view what) {
  report(fmt::format("cannot {} {}: {}", what, directory_.string(),
                     std::generic_category().message(errno)));
}

void SegmentedLog::report(std::string problem) {
  ++counters_.failures;
  last_error_ = std::move(problem);
}

std::string SegmentedLog::path_of(SegmentName name, SegmentForm form) const {
  return (directory_ / format_segment_file({name, form})).string();
}

}  // namespace dn::store
