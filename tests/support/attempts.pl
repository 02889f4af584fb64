#!/usr/bin/perl
# What root of a guest tries against its network: each subcommand prints one line that says what came of it.
use strict;
use warnings;
use IO::Poll;
use IO::Socket::INET;
use Socket qw(:DEFAULT inet_aton IPPROTO_TCP TCP_NODELAY);

my ($what, @args) = @ARGV;
my %attempts = (
  hello => \&hello, lsrr => \&lsrr, icmp => \&icmp, proto => \&proto, udp => \&udp, dns => \&dns, flood => \&flood,
  keep => \&keep, frames => \&frames,
);
print $attempts{$what}->(@args), "\n";

sub pause { select(undef, undef, undef, $_[0]) }

sub connected {
  my ($host, $port) = @_;
  my $socket = IO::Socket::INET->new(PeerHost => $host, PeerPort => $port, Timeout => 10) or return undef;
  setsockopt($socket, IPPROTO_TCP, TCP_NODELAY, 1);
  return $socket;
}

# Bytes or a word for their absence, within so many seconds.
sub heard {
  my ($socket, $seconds) = @_;
  my $set = '';
  vec($set, fileno($socket), 1) = 1;
  return 'silent' unless select($set, undef, undef, $seconds);
  my $read = sysread($socket, my $data, 4096);
  return 'broken off' unless $read;
  $data =~ s/[^\x20-\x7e]+/ /g;
  return $data;
}

# A greeting of TLS for NAME to HOST, in records of SIZE bytes, sent CHUNK by CHUNK with PAUSE seconds in between, padded to LENGTH.
sub hello {
  my ($host, $name, $size, $chunk, $pause, $length) = @_;
  my $sni = pack('n C n', length($name) + 3, 0, length $name) . $name;
  my $extensions = pack('n n', 0, length $sni) . $sni;
  $extensions .= pack('n n', 21, $length) . "\0" x $length if $length;
  my $body = pack('n', 0x0303) . 'r' x 32 . "\0" . pack('n n', 2, 0x1301) . "\1\0" . pack('n', length $extensions) . $extensions;
  my $message = "\1" . substr(pack('N', length $body), 1) . $body;
  my $bytes = join '', map { pack('C n n', 22, 0x0301, length) . $_ } unpack("(a$size)*", $message);
  my $socket = connected($host, 443) or return 'refused';
  local $SIG{PIPE} = 'IGNORE';
  for my $part (unpack("(a$chunk)*", $bytes)) {
    defined syswrite($socket, $part) or return 'broken off';
    pause($pause) if $pause;
  }
  return heard($socket, 30);
}

# Loose source route: by way of HOST to TARGET.
sub lsrr {
  my ($host, $port, $target) = @_;
  socket(my $socket, AF_INET, SOCK_STREAM, 0) or return 'no socket';
  setsockopt($socket, 0, 4, pack('C C C a4 C', 131, 7, 4, inet_aton($target), 0)) or return "no options: $!";
  local $SIG{ALRM} = sub { die "late\n" };
  my $ok = eval { alarm 4; connect($socket, sockaddr_in($port, inet_aton($host))) };
  alarm 0;
  return $ok ? 'connected' : 'failed';
}

sub checksum {
  my ($sum) = (0);
  $sum += $_ for unpack('n*', length($_[0]) % 2 ? "$_[0]\0" : $_[0]);
  $sum = ($sum & 0xffff) + ($sum >> 16) while $sum >> 16;
  return ~$sum & 0xffff;
}

# An echo with a load, a question for the time, an answer that nobody has asked for.
sub icmp {
  my ($host) = @_;
  socket(my $socket, AF_INET, SOCK_RAW, 1) or return 'no socket';
  for my $type (8, 13, 0) {
    my $packet = pack('C C n n n', $type, 0, 0, 7, 1) . 'secret ' x 100;
    substr($packet, 2, 2) = pack('n', checksum($packet));
    send($socket, $packet, 0, sockaddr_in(0, inet_aton($host)));
  }
  return heard($socket, 3);
}

sub proto {
  my ($host, $number) = @_;
  socket(my $socket, AF_INET, SOCK_RAW, $number) or return 'no socket';
  send($socket, 'secret', 0, sockaddr_in(0, inet_aton($host)));
  return heard($socket, 2);
}

sub udp {
  my ($host, $port, $bytes) = @_;
  my $socket = IO::Socket::INET->new(PeerHost => $host, PeerPort => $port, Proto => 'udp') or return 'no socket';
  $socket->send('q' x $bytes);
  return heard($socket, 3);
}

# A question about NAME to a SERVER.
sub dns {
  my ($server, $name, $type, $proto) = @_;
  my $question = pack('n6', 7, 0x0100, 1, 0, 0, 0) . join('', map { pack('C', length) . $_ } split /\./, $name) . pack('C n n', 0, $type, 1);
  my $socket = IO::Socket::INET->new(PeerHost => $server, PeerPort => 53, Proto => $proto, Timeout => 5) or return 'refused';
  $socket->send(($proto eq 'tcp' ? pack('n', length $question) : '') . $question);
  my $set = '';
  vec($set, fileno($socket), 1) = 1;
  return 'silent' unless select($set, undef, undef, 4);
  $socket->recv(my $answer, 4096);
  return 'broken off' unless length $answer > 8;
  my (undef, $flags, undef, $count) = unpack 'n4', $answer;
  return sprintf 'code %d, %d answers', $flags & 15, $count;
}

# As many connections as that, all at once; held until /tmp/enough is there.
sub flood {
  my ($host, $port, $count) = @_;
  my $poll = IO::Poll->new;
  my ($open, $refused, $waiting, @all) = (0, 0, 0);
  my $look = sub {
    $poll->poll($_[0]);
    for my $socket ($poll->handles(POLLOUT | POLLERR | POLLHUP)) {
      $poll->remove($socket);
      $waiting -= 1;
      if (unpack 'i', getsockopt($socket, SOL_SOCKET, SO_ERROR)) { $refused += 1 } else { $open += 1; push @all, $socket }
    }
  };
  my $address = sockaddr_in($port, inet_aton($host));
  for my $n (1 .. $count) {
    socket(my $socket, AF_INET, SOCK_STREAM, 0) or last;
    $socket->blocking(0);
    connect($socket, $address);
    $poll->mask($socket => POLLOUT);
    $waiting += 1;
    $look->(0) if $n % 100 == 0;
    $look->(0.2) while $waiting > 1000;
  }
  my $end = time + 40;
  $look->(0.5) while $waiting > 0 && time < $end;
  open(my $file, '>', '/tmp/flooded') or die;
  print $file "$open open, $refused refused, $waiting waiting\n";
  close $file;
  rename '/tmp/flooded', '/tmp/flood';
  $end = time + 120;
  pause(0.2) until -e '/tmp/enough' || time > $end;
  return 'over';
}

# A connection to a service that says everything again, which is asked once /tmp/say is there.
sub keep {
  my ($host, $port) = @_;
  my $socket = connected($host, $port) or return 'refused';
  syswrite($socket, "first\n");
  my $first = heard($socket, 20);
  open(my $file, '>', '/tmp/kept') or die;
  close $file;
  pause(0.2) until -e '/tmp/say';
  syswrite($socket, "second\n");
  return $first . heard($socket, 20);
}

# Frames that make no sense, and some that nearly do, from the card itself.
sub frames {
  my ($count) = @_;
  socket(my $socket, 17, SOCK_RAW, unpack('S', pack('n', 3))) or return 'no socket';
  open(my $file, '<', '/sys/class/net/eth0/ifindex') or die;
  my $to = pack('S n i S C C a8', 17, 3, scalar(<$file>), 0, 0, 6, "\xff" x 6);
  my ($sent, @kinds) = (0, "\x08\x00\x45\x00", "\x08\x00\x4f\x00", "\x08\x06\x00\x01", "\x86\xdd\x60\x00", "\x81\x00\x00\x01", '');
  for (1 .. $count) {
    my $frame = "\xff" x 6 . pack('C6', 0x52, map { int rand 256 } 1 .. 5) . $kinds[rand @kinds] . join '', map { chr int rand 256 } 1 .. 20 + rand 180;
    $sent += 1 if defined send($socket, $frame, 0, $to);
  }
  return "$sent sent";
}
