#include "registry/sandbox.h"

namespace lazuli::registry {

namespace {

// $1 work, $2 storage, $3 shared files, $4 what to run. Everything is put together below /mnt, which then becomes the
// root; nothing of it shows outside this mount namespace.
constexpr const char* kScript = R"(
set -eu
readonly_bind() { mount --bind "$1" "$2"; mount -o remount,bind,ro "$2"; }
mount --make-rprivate /
work=$1 storage=$2 shared=$3
exec 9<"$work" 8<"$storage" 7<"$shared"
mount -t tmpfs -o mode=755,size=64m lazuli /mnt
cd /mnt
mkdir -p build/work build/storage build/run usr etc proc dev sys tmp var/tmp var/lib run root old
mount --bind /proc/self/fd/9 build/work
mount --bind /proc/self/fd/8 build/storage
mount -t tmpfs -o mode=700 run build/run
mount --bind build/work/tmp var/tmp
readonly_bind /usr usr
for name in bin sbin lib lib32 lib64 libx32; do
  if [ -L /$name ]; then cp -P /$name $name; elif [ -d /$name ]; then mkdir $name; readonly_bind /$name $name; fi
done
for file in resolv.conf hosts passwd group nsswitch.conf ld.so.cache localtime; do
  if [ -e /etc/$file ]; then : >etc/$file; readonly_bind /etc/$file etc/$file; fi
done
for folder in alternatives ssl; do
  if [ -d /etc/$folder ]; then mkdir etc/$folder; readonly_bind /etc/$folder etc/$folder; fi
done
mount -t proc proc proc
mount -t sysfs -o ro,nosuid,nodev,noexec sysfs sys
mount -t tmpfs -o mode=755,size=1m dev dev
mkdir dev/pts dev/shm
for node in null zero full random urandom tty; do : >dev/$node; mount --bind /dev/$node dev/$node; done
ln -s /proc/self/fd dev/fd
ln -s pts/ptmx dev/ptmx
mount -t devpts -o newinstance,ptmxmode=0666,mode=620 devpts dev/pts
mount -t tmpfs -o mode=1777 shm dev/shm
mkdir dev/shm/lazuli
mount --bind /proc/self/fd/7 dev/shm/lazuli
mount -o remount,bind,ro dev/shm/lazuli
mount -t tmpfs -o mode=1777 tmp tmp
exec 9<&- 8<&- 7<&-
pivot_root . old
umount -l /old
rmdir /old
cd /build/work
exec sh -c "$4"
)";

}  // namespace

Command in_sandbox(const Sandbox& sandbox, const std::string& script, std::map<std::string, std::string> environment) {
  Command command;
  command.arguments = {"unshare",
                       "--mount",
                       "--pid",
                       "--ipc",
                       "--fork",
                       "--kill-child",
                       "sh",
                       "-c",
                       kScript,
                       "build",
                       sandbox.work.string(),
                       sandbox.storage.string(),
                       sandbox.shared.string(),
                       script};
  command.environment = std::move(environment);
  command.environment["PATH"] = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
  command.environment["HOME"] = "/root";
  command.environment["TMPDIR"] = "/var/tmp";
  command.clear_environment = true;
  return command;
}

}  // namespace lazuli::registry
