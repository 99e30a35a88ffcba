#!/bin/bash
# What ordinary people and timers do on a Linux server, a build host and a workstation. Run by record.ts, as root, in a mount namespace of its
# own in which only the folders made here are written. One round; rounds differ by their number.
round=$1
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8 PAGER=cat GIT_PAGER=cat EDITOR=vim DEBIAN_FRONTEND=noninteractive
as() { # user id, home, then the command
  local id=$1 home=$2; shift 2
  (cd "$home" && setpriv --reuid="$id" --regid="$id" --clear-groups env HOME="$home" SHELL=/bin/bash "$@")
}
ada() { as 1000 /home/ada "$@"; }
deploy() { as 1001 /home/deploy "$@"; }
web() { as 33 /var/www "$@"; }
backup() { as 34 /var/backups "$@"; }
nightly() { # what cron does: a shell, with the line of the crontab
  /bin/sh -c "$1"
}

developer() {
  ada bash -lc "
    mkdir -p src/app$round/lib && cd src/app$round
    git init -q . && git config user.email ada@example.org && git config user.name Ada
    for n in 1 2 3 4; do
      printf 'int add%d(int a, int b) { return a + b + %d; }\n' \$n \$n > lib/part\$n.c
      git add lib/part\$n.c && git commit -qm \"Add part \$n\"
    done
    printf '#include <stdio.h>\nint add1(int,int);\nint main(void) { printf(\"%%d\\\\n\", add1(1,2)); return 0; }\n' > main.c
    printf 'app: main.o lib/part1.o lib/part2.o lib/part3.o lib/part4.o\n\tcc -o app main.o lib/part1.o lib/part2.o lib/part3.o lib/part4.o\n%%.o: %%.c\n\tcc -O1 -Wall -c -o \$@ \$<\nclean:\n\trm -f app *.o lib/*.o\n' > Makefile
    make -s && ./app && make -s clean
    git status -s; git log --oneline | head -3; git diff --stat; git branch feature-$round; git checkout -q feature-$round
    echo '# App' > README.md; git add -A; git commit -qm 'Describe it'; git checkout -q -; git merge -q feature-$round
    git stash list; git gc -q; git grep -n add1 | sort | uniq | wc -l; git blame main.c > /dev/null
    grep -rn 'return' --include='*.c' . | cut -d: -f1 | sort -u; find . -name '*.o' -mtime +1 -delete
    sed -i 's/add1/add2/' main.c; awk '{ print length(\$0) }' main.c | sort -n | tail -1
    diff -u main.c lib/part1.c | head -5; wc -l lib/*.c; file main.c; stat -c %s main.c
    g++ -x c++ -fsyntax-only main.c; clang -fsyntax-only main.c; pkg-config --version; strace -V | head -1; gdb -batch -ex 'show version' | head -1
  "
  ada bash -c "
    cd src/app$round
    vim -es -u NONE -c 'normal Gothe end' -c wq README.md; ed -s README.md <<< \$'1p\nq'; less -F README.md; tail -n 2 README.md
    python3 -c 'import json,sys; print(json.dumps({\"a\": 1}))'; echo 'print(sum(range(10)))' > sum.py; python3 sum.py
    python3 -m json.tool <<< '{\"a\": [1,2]}'; python3 -m py_compile sum.py; python3 -m unittest discover -q 2>&1 | tail -1
    jq -r .a <<< '{\"a\": 3}'; perl -e 'print join(\",\", map { \$_ * 2 } 1..3), \"\n\"'; bc <<< 2+2
    sqlite3 notes.db 'create table if not exists note(id integer primary key, text); insert into note(text) values (\"x\"); select count(*) from note;'
    /usr/bin/node -e 'console.log([1,2,3].map(n => n * 2))'; /usr/bin/node --version
  "
  if [ $((round % 3)) = 1 ]; then
    ada bash -c "cd src/app$round; npm init -y > /dev/null; npm pkg set scripts.test='node --version'; npm test --silent; npm ls; npm config get registry"
    ada bash -c "cd src/app$round; python3 -m venv --without-pip .venv && .venv/bin/python -c 'print(1)'; rm -rf .venv; pip3 --version; pip3 list --format=freeze | head -3"
    ada bash -c "mkdir -p src/c$round && cd src/c$round && printf 'cmake_minimum_required(VERSION 3.10)\nproject(a C)\nadd_executable(a a.c)\n' > CMakeLists.txt && echo 'int main(void){return 0;}' > a.c && cmake -S . -B build > /dev/null && cmake --build build > /dev/null; rm -rf build"
  fi
  ada bash -c "
    mkdir -p -m 700 .ssh; rm -f .ssh/id_test$round*; ssh-keygen -q -t ed25519 -N '' -C ada@example.org -f .ssh/id_test$round; ssh-keygen -lf .ssh/id_test$round.pub
    cat .ssh/id_test$round.pub >> .ssh/authorized_keys; chmod 600 .ssh/authorized_keys; ssh -V 2>/dev/null; ssh-add -l 2>/dev/null
    ssh -o BatchMode=yes -o ConnectTimeout=1 -p 8080 git@git.example.org true 2>/dev/null
    openssl rand -hex 8 > /dev/null; openssl dgst -sha256 src/app$round/main.c; sha256sum src/app$round/main.c | base64 | base64 -d > /dev/null
    tar czf app$round.tar.gz src/app$round; tar tzf app$round.tar.gz | wc -l; zip -qr app$round.zip src/app$round/lib; unzip -ql app$round.zip | tail -1; cp app$round.tar.gz /tmp/; rm -f /tmp/app$round.tar.gz app$round.zip
    history | tail -3; date; uptime; id; groups; whoami; ls -la; du -sh .; df -h .; ps aux | grep -c bash; top -bn1 | head -5; who; env | sort | head -2; man -w ls; which git; type ls
  "
}

network() {
  ada bash -c "
    curl -s http://www.example.org/page$round > /dev/null; curl -s -o /dev/null -w '%{http_code}' https://api.example.org:8080/items 2>/dev/null
    curl -fsSL http://downloads.example.net/tool-$round.tar.gz -o tool.tar.gz; wget -q -O - http://mirror.example.net/list > /dev/null; rm -f tool.tar.gz
    curl -s -X POST -d '{\"a\":1}' -H 'Content-Type: application/json' http://app.example.com:3000/api/items > /dev/null
    curl -fsSL http://get.example.net/install.sh -o install.sh; chmod +x install.sh; sh -n install.sh; rm -f install.sh; curl -fsSL https://get.example.net/tool | sh
    getent hosts git.example.org db.example.com cache.example.com; getent ahosts www.example.org | head -1
    git ls-remote http://git.example.org/app.git 2>/dev/null; pip3 download --no-deps -q --index-url http://pypi.example.org/simple nothing 2>/dev/null
    npm view --registry http://npm.example.org leftpad version --fetch-retries=0 2>/dev/null | head -1
    python3 -c 'import urllib.request as u; u.urlopen(\"http://www.example.org/feed\").read()'
    /usr/bin/node -e 'fetch(\"http://api.example.org:3000/x\").then(r => r.text())'
    perl -MIO::Socket::INET -e 'my \$s = IO::Socket::INET->new(\"status.example.org:80\"); print \$s \"GET / HTTP/1.0\r\n\r\n\"; my @l = <\$s>;'
    (python3 -m http.server --bind 127.0.0.1 81$((10 + round % 80)) > /dev/null 2>&1 & server=\$!; sleep 0.4; curl -s http://127.0.0.1:81$((10 + round % 80))/ > /dev/null; kill \$server)
  "
  deploy bash -c "
    for host in web1 web2 db1; do ssh -o BatchMode=yes -o ConnectTimeout=1 -p 8080 deploy@\$host.example.com uptime 2>/dev/null; done
    scp -q -o BatchMode=yes -P 8080 release.txt deploy@web1.example.com:/srv/ 2>/dev/null
    curl -s -X POST http://hooks.example.com:3000/deployed?version=$round > /dev/null; curl -sf http://web1.example.com/health; wget -q --spider http://web2.example.com/health
    PGCONNECT_TIMEOUT=1 psql -h db1.example.com -U app -c 'select 1' 2>/dev/null
  "
  python3 - <<'PY'
import smtplib
with smtplib.SMTP("mail.example.com", 25) as mail:
    mail.sendmail("cron@example.com", "ops@example.com", "Subject: nightly\n\nall well\n")
PY
  ip addr > /dev/null; ip route > /dev/null; ss -tlnp > /dev/null; lsof -i -n -P > /dev/null 2>&1; getent passwd root > /dev/null; curl -s http://metrics.example.com:8080/push -T /proc/loadavg > /dev/null
}

operations() {
  dpkg -l > /dev/null; dpkg -s coreutils > /dev/null; dpkg -S /bin/ls > /dev/null; dpkg --get-selections > /dev/null; apt-cache policy bash > /dev/null; apt-cache show tar > /dev/null; apt-cache search sshd > /dev/null
  apt-get -s -qq install --reinstall tar > /dev/null 2>&1; apt-mark showmanual > /dev/null; apt-get -s -qq upgrade > /dev/null 2>&1; update-alternatives --list editor > /dev/null
  for service in ssh cron nginx postgresql; do systemctl status $service > /dev/null 2>&1; systemctl is-active $service > /dev/null 2>&1; done
  systemctl list-units --type=service > /dev/null 2>&1; journalctl -n 20 --no-pager > /dev/null 2>&1; loginctl list-sessions > /dev/null 2>&1; hostnamectl status > /dev/null 2>&1; timedatectl > /dev/null 2>&1
  logger -t ops "round $round" 2> /dev/null; dmesg | tail -2 > /dev/null 2>&1; free -m; vmstat 1 1; cat /proc/loadavg /proc/meminfo > /dev/null; lsblk > /dev/null 2>&1; mount > /dev/null; sysctl -n vm.swappiness; uname -a; nproc
  nightly 'cd / && run-parts --report --test /etc/cron.daily'
  nightly "[ -x /usr/sbin/e2scrub_all ] && test -e /run/systemd/system || true"
  nightly "test -x /usr/bin/apt-get && find /var/cache/apt -name '*.deb' -mtime +30 | wc -l"
  nightly "find /var/log/app -name '*.log' -size +1k -exec gzip -f {} \\;"
  nightly "find /tmp -xdev -user nobody -mtime +10 -delete"
  for n in 1 2 3; do for line in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do echo "$line GET /items/$n 200 some text of an access log that is long enough"; done > /var/log/app/access$n.log; done
  savelog -q -c 3 /var/log/app/access1.log; mv /var/log/app/access2.log /var/log/app/access2.log.1; : > /var/log/app/access2.log; chown 33:33 /var/log/app/access2.log; chmod 640 /var/log/app/access2.log
  backup bash -c "tar cf - /etc/cron.daily /etc/default 2>/dev/null | gzip > /var/backups/etc-$round.tar.gz; sha256sum etc-$round.tar.gz > etc-$round.sha256; sha256sum -c --quiet etc-$round.sha256; find /var/backups -name 'etc-*.tar.gz' -mtime +7 -delete; openssl enc -aes-256-cbc -pbkdf2 -pass pass:example -in etc-$round.tar.gz -out etc-$round.enc; rm -f etc-$round.enc; ls -1t | head -5; xz -k -f etc-$round.sha256; zstd -q -f etc-$round.sha256"
  web bash -c "mkdir -p cache/$round && for n in 1 2 3 4 5 6; do echo '<p>hi</p>' > cache/$round/page\$n.html; done; touch cache/$round/page1.html; mv cache/$round/page2.html cache/$round/old.html; rm -rf cache/$round; stat -c %a /var/www"
  deploy bash -c "mkdir -p releases/$round/static && echo $round > releases/$round/VERSION && cp releases/$round/VERSION release.txt && ln -sfn releases/$round current && for n in 1 2 3 4; do echo \"body { margin: \${n}px }\" > releases/$round/static/s\$n.css; done; cp -r releases/$round/static releases/$round/static.bak; find releases -maxdepth 1 -mindepth 1 | sort -V | head -n -3 | xargs -r rm -rf; flock -n .lock true; chmod -R u=rwX,go=rX current/; cat current/VERSION; readlink current; printf '%s\n' DATABASE=app LEVEL=info > .env; source .env"
  useradd -R /srv/image -m -s /bin/bash worker$round 2> /dev/null; ldconfig -p | head -1; fc-cache -V > /dev/null 2>&1; chown -R 1001:1001 /srv/app; install -m 644 /etc/hostname /srv/app/hostname$round; dd if=/dev/zero of=/srv/app/blob bs=4k count=4 status=none; truncate -s 1M /srv/app/blob; rm -f /srv/app/blob; mktemp -d /tmp/build.XXXXXX | xargs rmdir; tmux -V; su -s /bin/sh -c 'id -u' nobody; nice -n 10 true; timeout 2 true; xargs -n1 -P2 true <<< 'a b c'; tee /srv/app/note <<< hello > /dev/null; kill -0 $$; sleep 0.1; cmp /etc/hostname /srv/app/hostname$round
}

database() {
  local bin=$(echo /usr/lib/postgresql/*/bin) data=/var/lib/postgresql/main$round
  as 101 /var/lib/postgresql bash -c "
    $bin/initdb -D $data --no-sync > /dev/null && $bin/pg_ctl -D $data -l $data/log -o '-p 5433 -c unix_socket_directories=/var/lib/postgresql -c fsync=off' -w start > /dev/null
    createdb -h /var/lib/postgresql -p 5433 app; psql -q -h /var/lib/postgresql -p 5433 app -c 'create table t(a int); insert into t select generate_series(1,100); vacuum t; select count(*) from t;' > /dev/null
    psql -q -h 127.0.0.1 -p 5433 app -c 'select 1' > /dev/null; pg_dump -h /var/lib/postgresql -p 5433 app | gzip > app.sql.gz; pg_isready -h 127.0.0.1 -p 5433
    $bin/pg_ctl -D $data -m fast -w stop > /dev/null; rm -rf $data"
}

developer; network; operations
[ $((round % 4)) = 2 ] && database
exit 0
